"""What a version finds in the field that is in sight, computed in a thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_cytounet.correction.acceptance import Field
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.errors import Cancelled
from napari_cytounet.settings import DeviceSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_cytounet.correction.latest_versions import LatestVersions
    from napari_cytounet.images.image import Image
    from napari_cytounet.unet.devices import Device
    from napari_cytounet.unet.model_card import ModelCard
    from napari_cytounet.unet.network import UNet

# torch is imported in the functions that run in a thread: it takes a while.

MOST_PIXELS = 1024
"""Longest side of a field, in working pixels: of a larger one the middle is predicted."""


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes
    ----------
    plane, box
        Where.
    version
        A version that is kept; None for the latest.
    former
        Whether the one before the latest is meant.
    """

    plane: PlaneKey
    box: Box
    version: int | None = None
    former: bool = False


class FieldPredictor:
    """Predicts fields of a session, one at a time, in whatever thread asks.

    Parameters
    ----------
    folder, images, card
        The session.
    device
        Where to compute.
    """

    def __init__(
        self, folder: Path, images: Sequence[Image], card: ModelCard, device: DeviceSettings
    ) -> None:
        self._folder, self._images, self._card, self._device = folder, images, card, device
        self._learnt: tuple[LatestVersions, Device] | None = None
        self._ready: dict[int, UNet] = {}

    def predict(self, asked: Asked, cancel: threading.Event) -> Field | None:
        """Return what is found, None if there is no such version (yet).

        Raises
        ------
        CytounetError
            If the image cannot be read.
        """
        from napari_cytounet.correction.field import classes_in
        from napari_cytounet.unet.inference import for_inference

        learnt, device = self._open()
        learnt.refresh()
        version = learnt.former if asked.former else learnt.shown
        if asked.version is not None:
            version = learnt.read(asked.version)
        if version is None:
            return None
        if cancel.is_set():
            raise Cancelled("The view moved on.")
        if version.number not in self._ready:
            kept = list(self._ready.items())[-1:]  # comparing goes back and forth between two
            self._ready = dict(kept) | {version.number: for_inference(version.network, device)}
        with device.threads_set():
            classes = classes_in(self._ready[version.number], learnt.plane(asked.plane), asked.box, learnt)
        return Field(version.number, asked.plane, asked.box, classes)

    def _open(self) -> tuple[LatestVersions, Device]:
        if self._learnt is None:
            from napari_cytounet.correction.latest_versions import LatestVersions
            from napari_cytounet.unet.devices import choose_device

            device = choose_device(self._device)
            self._learnt = LatestVersions(self._folder, self._images, self._card, device), device
        return self._learnt


def middle_of(rows: range, columns: range, scale: float) -> Box:
    """Return a field, or its middle where it is larger than can be predicted at once.

    Examples
    --------
    >>> middle_of(range(0, 100), range(0, 5000), 1.0)
    Box(top=0, left=1988, bottom=100, right=3012)
    """
    most = int(MOST_PIXELS / scale)
    (top, bottom), (left, right) = (_middle(along, most) for along in (rows, columns))
    return Box(top, left, bottom, right)


def _middle(along: range, most: int) -> tuple[int, int]:
    if len(along) <= most:
        return along.start, along.stop
    start = along.start + (len(along) - most) // 2
    return start, start + most
