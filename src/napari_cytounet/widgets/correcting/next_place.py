"""Where a correction is worth most, found in a thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.widgets.correcting.view_memory import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_cytounet.images.image import Image
    from napari_cytounet.unet.model_card import ModelCard


@dataclass(frozen=True)
class NextPlace:
    """A place to look at next, and all that were visited, this one included."""

    plane: PlaneKey
    box: Box
    visits: tuple[Visit, ...]


class PlaceFinder:
    """Finds the next place of a session, with versions and images of its own.

    Parameters
    ----------
    folder, images, card
        The session.
    device
        Where to compute.
    visits
        Places that were visited before.
    """

    def __init__(
        self,
        folder: Path,
        images: Sequence[Image],
        card: ModelCard,
        device: DeviceSettings,
        visits: Sequence[Visit],
    ) -> None:
        self._folder, self._images, self._card, self._device = folder, images, card, device
        self._visits = tuple(visits)

    def find(self, _: threading.Event) -> NextPlace:
        """Return the place, and count it as visited.

        Raises
        ------
        CytounetError
            If an image cannot be read.
        """
        from napari_cytounet.correction.field import box_of
        from napari_cytounet.correction.latest_versions import LatestVersions
        from napari_cytounet.correction.places import Places
        from napari_cytounet.unet.devices import choose_device

        device = choose_device(self._device)
        learnt = LatestVersions(self._folder, self._images, self._card, device)
        learnt.refresh()
        visited = {
            (PlaneKey(visit.image, visit.index), visit.row, visit.column): visit.times
            for visit in self._visits
        }
        places = Places(learnt, seed=sum(visited.values()), visits=visited)
        with device.threads_set():
            place = places.worst()
        places.visit(place)
        self._visits = tuple(
            Visit(image=key.image, index=key.index, row=row, column=column, times=times)
            for (key, row, column), times in places.visits.items()
        )
        return NextPlace(place.plane, box_of(place, learnt.plane(place.plane)), self._visits)
