"""The files that a training learns from: image and mask pairs, opened, checked and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.errors import PairingError
from napari_cytounet.images.image import Image
from napari_cytounet.images.pairing import Pair
from napari_cytounet.images.reading import open_image
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.settings import ImageSettings


@dataclass(frozen=True)
class Source:
    """An image and its mask.

    Attributes
    ----------
    image, mask
        Opened lazily, of equal size and planes.
    """

    image: Image
    mask: Image

    def describe(self) -> dict[str, str]:
        """Return paths and SHA-256 for the record."""
        return {
            "image": _full_path(self.image),
            "image_sha256": content_hash(self.image.path),
            "mask": _full_path(self.mask),
            "mask_sha256": content_hash(self.mask.path),
        }


def open_sources(pairs: Sequence[Pair], settings: ImageSettings) -> list[Source]:
    """Open pairs and check that image and mask fit together.

    Raises
    ------
    PairingError
        If they differ in size or planes, or if images differ in channels.
    """
    with ThreadPoolExecutor() as pool:  # decoding lets go of the interpreter
        images = pool.map(lambda pair: open_image(pair.image, settings), pairs)
        masks = pool.map(lambda pair: open_image(pair.mask), pairs)
        sources = [Source(image, mask) for image, mask in zip(images, masks, strict=True)]
    for source in sources:
        _check_sizes(source)
    first = sources[0].image
    for source in sources[1:]:
        if source.image.channels != first.channels:
            raise PairingError(
                f"{source.image.path} has {source.image.channels} channel(s), but {first.path} has "
                f"{first.channels}. One network needs images of one kind: sort them into two folders."
            )
    return sources


def describe_model(model: Path) -> dict[str, str]:
    """Return path and SHA-256 of a model file, or of the one in a run's folder, for the record."""
    file = RunFolder(model).model if model.is_dir() else model
    return {"model": str(file.resolve()), "sha256": content_hash(file)}


def content_hash(path: Path | None) -> str:
    """Return the SHA-256 of a file, or of all files below a folder (a Zarr) with their names."""
    if path is None:
        return ""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")):
        if part.is_file():
            digest.update(part.relative_to(path).as_posix().encode())
            digest.update(bytes.fromhex(content_hash(part)))
    return digest.hexdigest()


def _full_path(image: Image) -> str:
    """Return the path as it holds from any folder: a run may be resumed from another one."""
    return str(image.path.resolve()) if image.path else image.name


def _check_sizes(source: Source) -> None:
    image, mask = source.image, source.mask
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
