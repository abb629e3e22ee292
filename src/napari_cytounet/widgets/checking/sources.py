"""What is to be checked: a pair of layers, or folders; and the layers in which a finding is shown."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_cytounet.events import Event
from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.quality.checking import CheckResult, checking
from napari_cytounet.quality.findings import Finding
from napari_cytounet.settings import MaskSettings
from napari_cytounet.widgets.jobs import Start
from napari_cytounet.widgets.layers import free_name, image_opener

IMAGE, LABELS = "image.tif", "labels.tif"

MOST_OTHERS = 3
"""Other files of a finding that are opened with it."""


@dataclass(frozen=True)
class LayerSource:
    """A layer, and its labels if there are some: copied to files to be checked."""

    image: ImageLayer
    labels: Labels | None

    def start(self, settings: MaskSettings) -> Start[CheckResult]:
        """Return the job that checks them, with the layers as they are now."""
        openers = {IMAGE: image_opener(self.image)}
        if self.labels is not None:
            openers[LABELS] = image_opener(self.labels)

        def job(cancel: object) -> Generator[Event, None, CheckResult]:
            with tempfile.TemporaryDirectory() as name:
                for file, opener in openers.items():
                    _write(Path(name) / file, opener())
                masks = Path(name) / LABELS if LABELS in openers else None
                return (yield from checking(Path(name) / IMAGE, masks, mask_settings=settings, cancel=cancel))  # type: ignore[arg-type]

        return job

    def layer_of(self, _: ViewerModel, finding: Finding) -> Layer | None:
        """Return the layer that a finding is about."""
        return self.labels if finding.where.file.name == LABELS and self.labels is not None else self.image


@dataclass(frozen=True)
class FolderSource:
    """Folders, or files, of images and masks."""

    images: Path
    masks: Path | None

    def start(self, settings: MaskSettings) -> Start[CheckResult]:
        """Return the job that checks them."""
        return lambda cancel: checking(self.images, self.masks, mask_settings=settings, cancel=cancel)

    def layer_of(self, viewer: ViewerModel, finding: Finding) -> Layer | None:
        """Open the files of a finding, unless they are open already, and return the layer of the first.

        Raises
        ------
        ImageError
            If one cannot be read.
        """
        if finding.where.file.is_dir() and finding.where.file.suffix != ".zarr":
            return None
        layers = [_opened(viewer, path) for path in (*finding.others[:MOST_OTHERS], finding.where.file)]
        return layers[-1]


def _write(path: Path, image: Image) -> None:
    pixels = np.asarray(image.data)
    write_image(path, pixels.view(np.uint8) if pixels.dtype == bool else pixels, image.axes)


def _opened(viewer: ViewerModel, path: Path) -> Layer:
    """Return the layer that shows a file, a new one if there is none."""
    for layer in viewer.layers:
        if layer.metadata.get("checked_file") == str(path):
            return layer
    image = open_image(path)
    pixels = np.asarray(image.data)
    known = {
        "name": free_name(viewer, f"{path.parent.name}/{image.name}"),
        "metadata": {"checked_file": str(path)},
    }
    is_mask = "C" not in image.axes and pixels.dtype.kind in "ub" and len(np.unique(pixels)) <= 2
    looks_like_labels = path.parent.name.lower() in MASK_FOLDERS
    if "C" not in image.axes and pixels.dtype.kind in "ui" and (is_mask or looks_like_labels):
        return viewer.add_labels(pixels, **known, opacity=0.4)
    channels = (
        {"channel_axis": None, "rgb": True} if image.axes.endswith("YXC") and image.channels == 3 else {}
    )
    return viewer.add_image(pixels, **known, **channels)


MASK_FOLDERS = {"masks", "mask", "labels", "label", "truth", "annotations", "outlines", "new_outlines"}
"""Names of folders whose whole-number images are shown as labels."""
