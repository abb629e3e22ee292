"""Sample images with their masks, as napari's menu File > Open Sample opens them."""

from __future__ import annotations

import threading
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from napari.types import LayerData
from numpy.typing import NDArray

from napari_cytounet.events import Event
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.samples.bbbc030 import fetching_bbbc030
from napari_cytounet.images.samples.synthetic import SyntheticKind, make_cells
from napari_cytounet.widgets.contributions.waiting import result_of

Part = Literal["train", "validation"]

FIELD_AXES = ("field", "y", "x")
"""Fields of view, one behind the other: no depth and no time."""

TITLES: dict[SyntheticKind, str] = {
    "dic": "synthetic cells, DIC",
    "phase": "synthetic cells, phase contrast",
    "fluorescence": "synthetic cells, fluorescence",
}


def bbbc030_train() -> list[LayerData]:
    """Return the 20 fields of BBBC030 that cytounet trained on, and the masks of their cells."""
    return _bbbc030("train", "BBBC030 train")


def bbbc030_validation() -> list[LayerData]:
    """Return the 20 fields of BBBC030 that cytounet validated on, and the masks of their cells."""
    return _bbbc030("validation", "BBBC030 validation")


def dic() -> list[LayerData]:
    """Return synthetic cells in differential interference contrast, and their labels."""
    return _synthetic("dic")


def phase() -> list[LayerData]:
    """Return synthetic cells in phase contrast, and their labels."""
    return _synthetic("phase")


def fluorescence() -> list[LayerData]:
    """Return synthetic stained cells, and their labels."""
    return _synthetic("fluorescence")


def _bbbc030(part: Part, name: str) -> list[LayerData]:
    text = "Fetching BBBC030: 33 MB, the first time only."
    images, masks = result_of(partial(_reading_bbbc030, part), text)
    axes = {"axis_labels": FIELD_AXES}
    return [
        (images, {"name": name, **axes}, "image"),
        ((masks > 0).view(np.uint8), {"name": f"{name} masks", **axes}, "labels"),
    ]


def _reading_bbbc030(
    part: Part, cancel: threading.Event
) -> Generator[Event, None, tuple[NDArray[Any], NDArray[Any]]]:
    """Fetch BBBC030, and read the images and masks of one part of it."""
    folder = (yield from fetching_bbbc030(cancel)) / part
    return _stack(folder / "images"), _stack(folder / "new_outlines")


def _stack(folder: Path) -> NDArray[Any]:
    """Return the images of a folder, all of one size, in the order of their names."""
    return np.concatenate([open_image(path).read() for path in find_images(folder)])


def _synthetic(kind: SyntheticKind) -> list[LayerData]:
    field = make_cells(kind)
    return [
        (field.image, {"name": TITLES[kind]}, "image"),
        (field.instances, {"name": f"{TITLES[kind]} labels"}, "labels"),
    ]
