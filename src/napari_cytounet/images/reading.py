"""Image files of all formats, opened as images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from napari_cytounet.errors import ImageError
from napari_cytounet.images.annotations.formats import SUFFIXES
from napari_cytounet.images.annotations.masks import (
    find_annotated_images,
    is_annotated_image,
    read_annotated_image,
)
from napari_cytounet.images.image import Image, image_of, naming_the_file
from napari_cytounet.images.lazy import cut
from napari_cytounet.images.naming import image_stem, natural_key
from napari_cytounet.images.numpy_images import read_npy
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.raster import read_jpeg, read_png
from napari_cytounet.images.stored import StoredImage
from napari_cytounet.images.tiff import read_tiff
from napari_cytounet.images.zarr_images import is_zarr, read_zarr
from napari_cytounet.settings import ImageSettings

_READERS: dict[str, Callable[[Path], StoredImage]] = {
    ".tif": read_tiff,
    ".tiff": read_tiff,
    ".btf": read_tiff,
    ".png": read_png,
    ".jpg": read_jpeg,
    ".jpeg": read_jpeg,
    ".npy": read_npy,
    ".zarr": read_zarr,
}
_FROM_THE_FILE = ImageSettings()
_READABLE = "TIFF, PNG, JPEG, .npy, Zarr and OME-Zarr"


def open_image(
    path: Path | str, settings: ImageSettings = _FROM_THE_FILE, *, labels_of: Path | None = None
) -> Image:
    """Open an image file; large ones are read lazily.

    Axes T, Z and C of length 1 are left out: formats differ in whether they keep them.

    Parameters
    ----------
    path
        A TIFF, PNG, JPEG or .npy file, or a Zarr folder; or an image in an annotation file, such as
        `annotations.json/cell_1.png`, whose objects are drawn as labels.
    settings
        Axes and pixel size where the file's own are missing or wrong. Results of ours keep their axes.
    labels_of
        The image that labels belong to: annotations may leave their size, and planes, to it.

    Raises
    ------
    ImageError
        The file cannot be read; the message names it, says why and what to do.
    """
    path = Path(path)
    with naming_the_file(path):
        stored = _read(path, labels_of)
        if settings.pixel_size is not None:
            z = stored.pixel_size.z if stored.pixel_size else None
            stored = replace(stored, pixel_size=PixelSize(settings.pixel_size, settings.pixel_size, z))
        return _understand(stored, path, settings.axes)


def open_mask(
    path: Path | str, images: ImageSettings = _FROM_THE_FILE, *, labels_of: Path | None = None
) -> Image:
    """Open the mask of an image, as `open_image` does.

    Axes that the user named for the images, without the channels, hold for a mask of as many dimensions.

    Parameters
    ----------
    path
        As for `open_image`.
    images
        How the images of the masks are read.
    labels_of
        The image that the mask belongs to.

    Raises
    ------
    ImageError
        The file cannot be read; the message names it, says why and what to do.
    """
    path = Path(path)
    axes = (images.axes or "").upper().replace("C", "")
    with naming_the_file(path):
        stored = _read(path, labels_of)
        return _understand(stored, path, axes if len(axes) == stored.data.ndim else None)


def find_images(source: Path | str) -> list[Path]:
    """List the images that a path stands for.

    Parameters
    ----------
    source
        An image file or Zarr folder, or a folder that holds some. Hidden files and files of other kinds
        are left out, folders inside are not searched.

    Returns
    -------
    list of Path
        In natural order: `img_2` before `img_10`.

    Raises
    ------
    ImageError
        There is nothing there, or no image.
    """
    source = Path(source)
    with naming_the_file(source):
        if not source.is_dir() or _is_image(source):
            _reader_of(source)
            return [source]
        entries = [entry for entry in source.iterdir() if not entry.name.startswith(".")]
        found = sorted(filter(_is_image, entries), key=natural_key)
        if not found:
            raise ImageError(f"holds no image that can be read ({_READABLE}): {_what_else(entries)}")
        return found


def _read(path: Path, labels_of: Path | None) -> StoredImage:
    if is_annotated_image(path):
        return read_annotated_image(path, None if labels_of is None else open_image(labels_of))
    return _reader_of(path)(path)


def _understand(stored: StoredImage, path: Path, axes: str | None) -> Image:
    # Our own results know their axes: those of the user are for the files of others beside them.
    axes = None if "kind" in stored.tags else axes
    return _squeeze(image_of(stored, name=image_stem(path), path=path, axes=axes))


def find_masks(source: Path | str) -> list[Path]:
    """List the masks, or other labels, that a path stands for.

    Parameters
    ----------
    source
        As for `find_images`; or an annotation file, or a folder that holds some and no images.

    Returns
    -------
    list of Path
        In natural order; of annotations an entry an image.

    Raises
    ------
    ImageError
        There is nothing there, or neither image nor annotations.
    """
    source = Path(source)
    is_file = source.is_file() and source.suffix.lower() in SUFFIXES
    if is_file or (source.is_dir() and not contains_images(source)):
        annotated = find_annotated_images(source)
        if annotated or is_file:
            return annotated
    return find_images(source)


def contains_images(folder: Path) -> bool:
    """Tell whether a folder is an image (a Zarr), or holds some."""
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith("."))
    return _is_image(folder) or any(map(_is_image, entries))


def _squeeze(image: Image) -> Image:
    single = [at for at, letter in enumerate(image.axes) if letter in "TZC" and image.data.shape[at] == 1]
    axes = "".join(letter for at, letter in enumerate(image.axes) if at not in single)
    return replace(image, data=cut(image.data, dict.fromkeys(single, 0)), axes=axes)


def _is_image(path: Path) -> bool:
    suffix = path.suffix.lower()
    if path.is_dir():
        return suffix == ".zarr" or is_zarr(path)
    return suffix in _READERS and suffix != ".zarr"


def _reader_of(path: Path) -> Callable[[Path], StoredImage]:
    if not path.exists():
        raise ImageError("does not exist. Check the path.")
    if path.is_dir():
        if not _is_image(path):
            raise ImageError("is a folder, not an image. Name an image inside it.")
        return read_zarr
    if not _is_image(path):
        raise ImageError(f"has a suffix that we cannot read. Convert it to one of these: {_READABLE}.")
    if path.stat().st_size == 0:
        raise ImageError("is empty (0 bytes). Copy or export it again.")
    return _READERS[path.suffix.lower()]


def _what_else(entries: list[Path]) -> str:
    """Say what a folder without images holds, as a hint."""
    if not entries:
        return "it is empty."
    folders = sorted(entry.name for entry in entries if entry.is_dir())
    if folders:
        return f"name one of the folders in it ({', '.join(folders[:5])})."
    suffixes = Counter(entry.suffix or entry.name for entry in entries)
    kinds = ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common(3))
    return f"it holds {kinds}. Convert them to TIFF."
