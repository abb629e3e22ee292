"""Commands for the selected layer, in the menu Layers and in the command palette."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer
from napari.utils.notifications import show_error
from napari.viewer import Viewer
from numpy.typing import NDArray
from skimage.segmentation import relabel_sequential

from napari_cytounet.errors import Cancelled, CytounetError, ImageError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image
from napari_cytounet.segmentation.cleaning import fill_holes
from napari_cytounet.segmentation.instances import label_objects, smallest_dtype
from napari_cytounet.segmentation.segmenting import threshold_image
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.jobs import Job
from napari_cytounet.widgets.layers import free_name, image_opener, layer_axes, placed_like

Work = Callable[[NDArray[Any]], NDArray[Any]]

OTSU = ThresholdSettings(method="otsu")

_jobs: set[Job[NDArray[Any]]] = set()
"""Those that run: no widget holds on to them."""


def threshold_active(viewer: Viewer, layer: Layer | None = None) -> None:
    """Label what is brighter than Otsu's threshold in the selected image, each plane by its own threshold.

    Parameters
    ----------
    viewer, layer
        Where, and the selected layer: napari fills them in.
    """
    if not isinstance(layer, ImageLayer):
        refuse(layer, "an image layer")
        return
    _start(viewer, layer, _threshold, f"{layer.name} thresholded")


def fill_holes_active(viewer: Viewer, layer: Layer | None = None) -> None:
    """Fill the holes inside each object of the selected labels, in a new layer; see `threshold_active`."""
    if not isinstance(layer, Labels):
        refuse(layer, "a labels layer")
        return
    _start(viewer, layer, _fill, f"{layer.name} filled")


def number_objects_active(viewer: Viewer, layer: Layer | None = None) -> None:
    """Give each connected patch of the selected labels a number, in a new layer; see `threshold_active`."""
    if not isinstance(layer, Labels):
        refuse(layer, "a labels layer")
        return
    _start(viewer, layer, label_objects, f"{layer.name} numbered")


def refuse(layer: Layer | None, wanted: str) -> None:
    """Say that a command needs another kind of layer than the selected one."""
    selected = "no single layer is selected" if layer is None else f"{layer.name} is none"
    show_error(f"This needs {wanted}, and {selected}. Select one in the list of layers.")


def _start(viewer: Viewer, layer: ImageLayer | Labels, work: Work, name: str) -> None:
    """Work on all planes of a layer in a thread, and add what comes out as labels."""

    def add(labels: NDArray[Any]) -> None:
        if layer in viewer.layers:
            viewer.add_labels(labels, name=free_name(viewer, name), **placed_like(layer))

    def forget() -> None:
        _jobs.discard(job)

    try:
        opener = image_opener(layer)
        letters = [letter for letter in layer_axes(layer) if letter != "C"]
    except CytounetError as error:
        show_error(str(error))
        return
    job = Job(
        lambda cancel: _working(opener, letters, work, cancel),
        title=name,
        owner=None,
        on_result=add,
        on_end=forget,
    )
    _jobs.add(job)
    job.start()


def _working(
    opener: Callable[[], Image], letters: Sequence[str], work: Work, cancel: threading.Event
) -> Generator[Event, None, NDArray[Any]]:
    """Work on the planes of an image one by one; return labels with the dimensions in the order asked for."""
    image = opener()
    if image.channels > 1:
        raise ImageError(
            f"{image.name} has {image.channels} channels or colours. Split them into layers, and select one."
        )
    planes = []
    for done, index in enumerate(image.planes):
        if cancel.is_set():
            raise Cancelled(f"Stopped: nothing was made of {image.name}.")
        yield Progress("planes", done, len(image.planes))
        planes.append(work(read_finite(image, index)[0]))
    stack = [last + 1 for last in image.planes[-1]]
    labels = np.stack(planes).reshape(*stack, image.height, image.width)
    stored = f"{image.plane_axes}YX"
    return labels.transpose([stored.index(letter) for letter in letters])


def _threshold(plane: NDArray[Any]) -> NDArray[Any]:
    return threshold_image(plane, OTSU).instances


def _fill(labels: NDArray[Any]) -> NDArray[Any]:
    numbered, _, original = relabel_sequential(labels)  # holes are looked for label by label, from 1 up
    return smallest_dtype(np.asarray(original[fill_holes(numbered)]))
