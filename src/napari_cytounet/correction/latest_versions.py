"""A session as its latest versions see it, for whoever looks on while the trainer learns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.correction.version import Version
from napari_cytounet.correction.versions import kept_versions, known_to, version_file
from napari_cytounet.correction.working_plane import WorkingPlane, working_planes
from napari_cytounet.errors import ModelFileError
from napari_cytounet.images.image import Image
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.model import load_model
from napari_cytounet.unet.model_card import ModelCard

CACHE_BYTES = 150_000_000


class Learnt(Protocol):
    """The planes of a session, and what was learnt of them so far."""

    card: ModelCard
    device: Device
    shown: Version | None
    former: Version | None

    @property
    def planes(self) -> list[WorkingPlane]:
        """All planes of all images."""

    def plane(self, key: PlaneKey) -> WorkingPlane:
        """Return one of them."""


class LatestVersions:
    """What the folder of a session holds of what was learnt: the `Learnt` outside of the trainer.

    It is for one thread at a time.

    Parameters
    ----------
    folder
        Of the session.
    images, card
        Of the session.
    device
        Where to compute.

    Attributes
    ----------
    shown, former
        The latest version that was adopted and the one before, as `refresh` found them.
    """

    def __init__(self, folder: Path, images: Sequence[Image], card: ModelCard, device: Device) -> None:
        self._folder = folder
        self.card = card
        self.device = device
        self._planes = working_planes(images, card, Supervision(), CACHE_BYTES)  # nothing is painted on them
        self.shown: Version | None = None
        self.former: Version | None = None

    @property
    def planes(self) -> list[WorkingPlane]:
        """All planes of all images."""
        return list(self._planes.values())

    def plane(self, key: PlaneKey) -> WorkingPlane:
        """Return a plane at the working scale."""
        return self._planes[key]

    def refresh(self) -> None:
        """Look which versions are the latest two, and read those that were not read yet."""
        known = {version.number: version for version in (self.shown, self.former) if version is not None}
        found: list[Version] = []
        for number in reversed(kept_versions(self._folder)):
            version = known.get(number) or self.read(number)
            if version is not None:
                found.append(version)
            if len(found) == 2:
                break
        self.shown, self.former = (*found, None, None)[:2]

    def read(self, number: int) -> Version | None:
        """Read a version; None if it is not kept any more."""
        file = version_file(self._folder, number)
        try:
            network, knows = load_model(file).network, known_to(file)
        except ModelFileError:
            return None
        return Version(number, self.device.place(network), knows)
