"""The files that a training learns from: image and mask pairs, opened, checked and hashed."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.errors import PairingError
from napari_cytounet.images.annotations.masks import is_annotated_image
from napari_cytounet.images.image import Image
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.pairing import Pair
from napari_cytounet.images.reading import open_image, open_mask
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.settings import ImageSettings
from napari_cytounet.unet.fit import SAME_PIXEL_SIZE

KEPT_BYTES = 500_000_000
"""Images of up to so many bytes together stay decoded; of more, each is opened when it is needed."""


class Source:
    """An image and its mask.

    Parameters
    ----------
    pair
        The files.
    settings
        How the image is read.
    keep
        Whether what is opened once stays in memory.
    """

    def __init__(self, pair: Pair, settings: ImageSettings, *, keep: bool) -> None:
        self.pair = pair
        self._settings = settings
        self._keep = keep
        self._kept: tuple[Image, Image] | None = None

    def open(self) -> tuple[Image, Image]:
        """Return the image and its mask.

        Raises
        ------
        PairingError
            If they differ in size or planes.
        """
        if self._kept is not None:
            return self._kept
        image, mask = (
            open_image(self.pair.image, self._settings),
            open_mask(self.pair.mask, self._settings, labels_of=self.pair.image),
        )
        _check_sizes(image, mask)
        if self._keep:
            self._kept = image, mask
        return image, mask

    def describe(self) -> dict[str, str]:
        """Return paths and SHA-256 for the record."""
        return {
            "image": str(self.pair.image.resolve()),
            "image_sha256": content_hash(self.pair.image),
            "mask": str(self.pair.mask.resolve()),
            "mask_sha256": content_hash(self.pair.mask),
        }


@dataclass(frozen=True)
class Sources:
    """Image and mask pairs that were opened once and fit together.

    Attributes
    ----------
    pairs
        One entry a pair, in order.
    masks
        All masks; those that are not kept in memory are opened one by one as they are asked for.
    channels
        Of every image.
    pixel_size
        Micrometres a pixel, if it is known and the same in all images.
    notes
        What was decided while each image and its mask were read.
    """

    pairs: list[Source]
    masks: Sequence[Image]
    channels: int
    pixel_size: float | None
    notes: list[tuple[str, ...]]


def open_sources(pairs: Sequence[Pair], settings: ImageSettings) -> Sources:
    """Open pairs and check that they fit together.

    Raises
    ------
    PairingError
        If an image and its mask differ in size or planes, or if images differ in channels.
    """
    first = Source(pairs[0], settings, keep=False).open()
    keep = (
        sum(math.prod(image.data.shape) * image.dtype.itemsize for image in first) * len(pairs) <= KEPT_BYTES
    )
    sources = [Source(pair, settings, keep=keep) for pair in pairs]
    pool = ThreadPoolExecutor(os.cpu_count())  # decoding lets go of the interpreter
    try:
        facts = list(pool.map(_facts, sources))
    finally:
        pool.shutdown(cancel_futures=True)
    for source, (channels, *_) in zip(sources, facts, strict=True):
        if channels != facts[0][0]:
            raise PairingError(
                f"{source.pair.image} has {channels} channel(s), but {pairs[0].image} has {facts[0][0]}. "
                "One network needs images of one kind: sort them into two folders."
            )
    pixel_sizes = [pixel_size for _, pixel_size, _ in facts]
    masks: Sequence[Image] = (
        [source.open()[1] for source in sources]
        if keep
        else ImageFiles(
            [pair.mask for pair in pairs], settings, [pair.image for pair in pairs], opened_by=open_mask
        )
    )
    return Sources(sources, masks, facts[0][0], _common(pixel_sizes), [notes for *_, notes in facts])


def _common(pixel_sizes: Sequence[float | None]) -> float | None:
    """Return the pixel size that all images have, as far as metadata is exact."""
    first = pixel_sizes[0]
    if first is None or any(size is None or abs(size / first - 1) > SAME_PIXEL_SIZE for size in pixel_sizes):
        return None
    return first


def _facts(source: Source) -> tuple[int, float | None, tuple[str, ...]]:
    """Return channels and pixel size of an image, and the notes on it and its mask, opening them once."""
    image, mask = source.open()
    return image.channels, image.pixel_size.x if image.pixel_size else None, (*image.notes, *mask.notes)


def describe_model(model: Path) -> dict[str, str]:
    """Return path and SHA-256 of a model file, or of the one in a run's folder, for the record."""
    file = RunFolder(model).model if model.is_dir() else model
    return {"model": str(file.resolve()), "sha256": content_hash(file)}


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files below a folder (a Zarr) with their names.

    Of an image in an annotation file it is that of the file.
    """
    if is_annotated_image(path):
        path = path.parent
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")):
        if part.is_file():
            digest.update(part.relative_to(path).as_posix().encode())
            digest.update(bytes.fromhex(content_hash(part)))
    return digest.hexdigest()


def _check_sizes(image: Image, mask: Image) -> None:
    if (image.height, image.width) != (mask.height, mask.width):
        raise PairingError(
            f"{image.path} is {image.height} x {image.width} pixels, but its mask {mask.path} is "
            f"{mask.height} x {mask.width}. Export the mask at the size of the image."
        )
    if len(image.planes) != len(mask.planes):
        raise PairingError(
            f"{image.path} has {len(image.planes)} plane(s) ({image.axes}), but its mask {mask.path} has "
            f"{len(mask.planes)} ({mask.axes}). Give a mask with one plane for each of the image (0 where it "
            "is not labelled), or name the axes with --axes."
        )
