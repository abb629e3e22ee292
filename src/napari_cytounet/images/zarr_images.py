"""Zarr arrays (versions 2 and 3) and OME-Zarr images (0.1 to 0.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zarr

from napari_cytounet.errors import ImageError
from napari_cytounet.images.pixel_size import PixelSize, micrometres
from napari_cytounet.images.stored import StoredImage

TAGS_ATTRIBUTE = "napari-cytounet"
_MARKERS = ("zarr.json", ".zarray", ".zgroup")


def is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr array or group."""
    return path.is_dir() and any((path / marker).is_file() for marker in _MARKERS)


def read_zarr(path: Path) -> StoredImage:
    """Open a Zarr array, or the full resolution of an OME-Zarr image, lazily.

    Raises
    ------
    ImageError
        There is no image in the folder, or more than one, or its chunks would have to be unpickled.
    """
    if not is_zarr(path):
        raise ImageError(f"is no Zarr folder: it has none of {', '.join(_MARKERS)}. Write it again.")
    node = zarr.open(path, mode="r")
    if isinstance(node, zarr.Array):
        return StoredImage(_safe(node), _named_dimensions(node))
    attributes: Mapping[str, Any] = node.attrs.asdict()
    ome = attributes.get("ome", attributes)
    if "plate" in ome or "well" in ome:
        raise ImageError("is a plate of many images. Name one field of it, such as PLATE.zarr/A/1/0.")
    if "multiscales" in ome:
        return _read_multiscales(path, ome["multiscales"][0], attributes.get(TAGS_ATTRIBUTE, {}))
    if "bioformats2raw.layout" in ome:
        return read_zarr(path / "0")
    arrays = sorted(node.array_keys())
    if len(arrays) == 1:
        return read_zarr(path / arrays[0])
    names = ", ".join(arrays) or "none"
    raise ImageError(f"is no OME-Zarr image. Name one of the arrays in it: {names}.")


def _read_multiscales(path: Path, image: Mapping[str, Any], tags: Mapping[str, str]) -> StoredImage:
    full = image["datasets"][0]
    data = zarr.open_array(path / full["path"], mode="r")
    axes = image.get("axes") or "TCZYX"[5 - data.ndim :]  # versions before 0.3 have no axes: always TCZYX
    # Version 0.3 writes only the names.
    axes = [axis if isinstance(axis, Mapping) else {"name": axis} for axis in axes]
    pixel_size, notes = _pixel_size(axes, [full, image])
    letters = "".join(axis["name"].upper() if len(axis["name"]) == 1 else "?" for axis in axes)
    return StoredImage(_safe(data), letters, pixel_size, notes, tags)


def _pixel_size(
    axes: Sequence[Mapping[str, Any]], scaled: Sequence[Mapping[str, Any]]
) -> tuple[PixelSize | None, tuple[str, ...]]:
    """Multiply the scales of the full resolution and of the whole image; nothing if there are none."""
    sizes: dict[str, float | None] = {}
    without_unit = False
    for dimension, axis in enumerate(axes):
        size = 1.0
        for level in scaled:
            for transformation in level.get("coordinateTransformations", []):
                if transformation.get("type") == "scale":
                    size *= transformation["scale"][dimension]
        unit = axis.get("unit")
        without_unit |= unit is None and axis["name"] in "yx" and size != 1
        sizes[axis["name"]] = micrometres(size, unit or "micrometer") if unit or size != 1 else None
    y, x = sizes.get("y"), sizes.get("x")
    if not y or not x:
        return None, ()
    notes = ("the pixel size has no unit: taken as micrometres",) if without_unit else ()
    return PixelSize(y, x, sizes.get("z")), notes


def _named_dimensions(array: zarr.Array[Any]) -> str | None:
    """Return the axes that a plain array names (Zarr 3, or xarray), if they are single letters."""
    names: Any = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    if names and all(isinstance(name, str) and len(name) == 1 for name in names):
        return "".join(names).upper()
    return None


def _safe(array: zarr.Array[Any]) -> zarr.Array[Any]:
    """Return the array, unless reading it could run code: Zarr 2 lets chunks be pickles."""
    codecs = [*(getattr(array.metadata, "filters", None) or ()), getattr(array.metadata, "compressor", None)]
    if any(getattr(codec, "codec_id", None) == "pickle" for codec in codecs):
        raise ImageError("holds pickles, which could run anything when loaded. Save it as numbers.")
    return array
