"""Predicting in a thread: a part of a layer into arrays, or a folder into files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_cytounet.events import Event, Notice, Progress
from napari_cytounet.images.image import Image
from napari_cytounet.settings import DeviceSettings, PredictionSettings, ThresholdSettings
from napari_cytounet.widgets.layer_parts import ImagePart
from napari_cytounet.widgets.prediction.arrays import ResultArrays


@dataclass(frozen=True)
class Method:
    """How both layers and folders are predicted.

    Attributes
    ----------
    model
        The model file.
    settings, threshold, device
        As the user set them; the results wanted are `settings.output`.
    """

    model: Path
    settings: PredictionSettings
    threshold: ThresholdSettings
    device: DeviceSettings


@dataclass(frozen=True)
class ObjectsFound(Event):
    """The objects of a plane were found: the class of each, from 1, in the order of their labels."""

    classes: tuple[int, ...]


@dataclass(frozen=True)
class LayerPrediction:
    """What the prediction of a layer ended with.

    Attributes
    ----------
    planes
        Planes that are finished.
    objects
        Objects in them; None if no labels were wanted.
    stopped
        Whether the user stopped it.
    """

    planes: int
    objects: int | None
    stopped: bool


@dataclass(frozen=True)
class FolderPrediction:
    """What the prediction of a folder ended with: how many images have results, and where."""

    images: int
    out: Path
    stopped: bool


def predicting_layer(
    method: Method,
    open_image: Callable[[], Image],
    part: ImagePart,
    arrays: ResultArrays,
    cancel: threading.Event,
) -> Generator[Event, None, LayerPrediction]:
    """Predict a part of a layer into arrays.

    Parameters
    ----------
    method
        How.
    open_image
        Opens the layer's image, as it was when the prediction was asked for.
    part
        What of it is predicted.
    arrays
        Filled tile by tile. What is there when it is stopped stays.
    cancel
        Looked at after every tile.

    Yields
    ------
    Event
        Progress after every tile, ObjectsFound after every plane, and notices.

    Raises
    ------
    CytounetError
        If the layer does not fit the model, before the first tile; or if it holds NaN.
    """
    import pandas as pd  # noqa: F401 for the features of the layers: half a second that napari need not wait

    from napari_cytounet.segmentation.plane_labels import refuse_unsplittable
    from napari_cytounet.segmentation.segmenting import Cores
    from napari_cytounet.unet.devices import choose_device
    from napari_cytounet.unet.fit import check_fits
    from napari_cytounet.unet.model import load_model
    from napari_cytounet.unet.object_calibration import growth
    from napari_cytounet.unet.object_size import scale_of_objects
    from napari_cytounet.unet.smaller_tiles import boxes_with_less_memory

    model, image = load_model(method.model), open_image()
    check_fits(model.card, image)
    device, thresholds, told = choose_device(method.device), model.card.thresholds, model.card.objects
    if told is not None:
        thresholds = (told.foreground,) * len(thresholds)
    labels_wanted = not {"classes", "instances"}.isdisjoint(method.settings.output)
    buffer = np.zeros((len(thresholds), *part.shape[-2:]), np.float32)
    if labels_wanted:
        refuse_unsplittable(Image.from_array(buffer, "CYX", name=image.name), method.threshold)
    top, left = (along.start for along in part.region)
    planes, objects = part.planes, 0
    cores = None if told is None else np.zeros(part.shape[-2:], np.bool_)
    with device.threads_set():
        middle = planes[len(planes) // 2]
        scale = scale_of_objects(model, image, middle, device=device, diameter=method.settings.diameter)
        for number, index in enumerate(planes):
            plane = arrays.plane(part.place(index), buffer)
            for box in boxes_with_less_memory(
                model, image, index, settings=method.settings, device=device, region=part.region, scale=scale
            ):
                if isinstance(box, Notice):
                    yield box
                    continue
                rows, columns = _moved(box.rows, -top), _moved(box.columns, -left)
                plane.add(rows, columns, box.values, thresholds)
                if cores is not None and told is not None and box.seeds is not None:
                    cores[rows, columns] = box.seeds >= told.seeds
                yield Progress(image.plane_name(index), number + box.done / box.total, len(planes))
                if cancel.is_set():
                    return LayerPrediction(number, objects if labels_wanted else None, stopped=True)
            if labels_wanted:
                found = plane.label(
                    thresholds,
                    method.threshold,
                    first=objects + 1,
                    cores=None if cores is None else Cores(cores, growth(scale)),
                )
                objects += len(found)
                yield ObjectsFound(found)
    return LayerPrediction(len(planes), objects if labels_wanted else None, stopped=False)


def predicting_folder(
    method: Method, folder: Path, out: Path, cancel: threading.Event
) -> Generator[Event, None, FolderPrediction]:
    """Predict all images of a folder into files: see `runs.predicting`."""
    from napari_cytounet.runs.predicting import predicting

    result = yield from predicting(
        method.model,
        [folder],
        out=out,
        settings=method.settings,
        device=method.device,
        threshold=method.threshold,
        cancel=cancel,
    )
    return FolderPrediction(result.images, out, result.stopped)


def _moved(along: slice, by: int) -> slice:
    return slice(along.start + by, along.stop + by)
