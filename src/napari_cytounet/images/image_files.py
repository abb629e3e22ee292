"""Many image files as a sequence of images of which only one is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from napari_cytounet.images.reading import open_image

if TYPE_CHECKING:
    from pathlib import Path

    from napari_cytounet.images.image import Image
    from napari_cytounet.settings import ImageSettings


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
    """

    def __init__(
        self, paths: Sequence[Path], settings: ImageSettings, labels_of: Sequence[Path | None] | None = None
    ) -> None:
        self._paths = paths
        self._settings = settings
        self._labels_of = [None] * len(paths) if labels_of is None else labels_of

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> ImageFiles: ...
    def __getitem__(self, index: int | slice) -> Image | ImageFiles:
        if isinstance(index, slice):
            return ImageFiles(self._paths[index], self._settings, self._labels_of[index])
        return open_image(self._paths[index], self._settings, labels_of=self._labels_of[index])
