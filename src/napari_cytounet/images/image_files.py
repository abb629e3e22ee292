"""Many image files as a sequence of images of which only one is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, overload

from napari_cytounet.images.reading import open_image

if TYPE_CHECKING:
    from pathlib import Path

    from napari_cytounet.images.image import Image
    from napari_cytounet.settings import ImageSettings


class _Opening(Protocol):
    def __call__(self, path: Path, settings: ImageSettings, /, *, labels_of: Path | None) -> Image: ...


class ImageFiles(Sequence["Image"]):
    """Image files, each opened when it is asked for and not kept.

    Parameters
    ----------
    paths
        The files.
    settings
        How they are read.
    labels_of
        Where the files are labels: the image of each.
    opened_by
        `open_image`, or `open_mask` where the settings are those of the images.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        settings: ImageSettings,
        labels_of: Sequence[Path | None] | None = None,
        *,
        opened_by: _Opening = open_image,
    ) -> None:
        self._paths = paths
        self._settings = settings
        self._labels_of = [None] * len(paths) if labels_of is None else labels_of
        self._open = opened_by

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> ImageFiles: ...
    def __getitem__(self, index: int | slice) -> Image | ImageFiles:
        if isinstance(index, slice):
            return ImageFiles(
                self._paths[index], self._settings, self._labels_of[index], opened_by=self._open
            )
        return self._open(self._paths[index], self._settings, labels_of=self._labels_of[index])
