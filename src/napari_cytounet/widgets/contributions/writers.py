"""Labels layers as files: OME-TIFF, OME-Zarr, and outlines.

napari asks before a file is replaced, so the file that it names is replaced, whole or not at all. Nobody is
asked about folders (an OME-Zarr is one), nor about a name to which a writer adds a suffix: there what exists
stays, and the user is told. `layer.save(path)` in a script asks nothing, and does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Labels, Layer
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from napari_cytounet.errors import OutputError
from napari_cytounet.images.image import Image
from napari_cytounet.images.writing import open_writer
from napari_cytounet.widgets.layers import image_of_layer
from napari_cytounet.widgets.segmentation_note import segmentation_tags

LINE = 255
"""Value of outlines, as in cytounet's masks."""


def write_tiff(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as OME-TIFF, with its axes and pixel size, and how a threshold made it.

    Parameters
    ----------
    path
        The file; `.tif` is added to a name that is no TIFF's.
    data, meta
        The layer, as napari hands it to writers.

    Returns
    -------
    list of str
        The file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return _write(path, (".tif", ".tiff"), labels_image(data, meta), _as_they_are)


def write_zarr(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as OME-Zarr; see `write_tiff`. A folder that is there is never replaced."""
    return _write(path, (".zarr",), labels_image(data, meta), _as_they_are)


def write_outlines(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write closed rings around the objects of a labels layer, 255 on 0, as OME-TIFF; see `write_tiff`.

    Read back as masks of the kind `outlines` they are the same objects, as far as these do not touch each
    other and have no holes.
    """
    return _write(path, (".tif", ".tiff"), labels_image(data, meta), outlines)


def outlines(labels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the outermost pixels of each object, 255 on 0; at the border of the image too, to close them.

    Examples
    --------
    >>> outlines(np.full((3, 3), 7))
    array([[255, 255, 255],
           [255,   0, 255],
           [255, 255, 255]], dtype=uint8)
    """
    lines = find_boundaries(np.pad(labels, 1), connectivity=1, mode="inner")[1:-1, 1:-1]
    return np.where(lines, np.uint8(LINE), np.uint8(0))


def labels_image(data: Any, meta: dict[str, Any]) -> Image:
    """Return a labels layer, as napari hands it to writers, as an image."""
    layer = Layer.create(data, meta, "labels")
    if not isinstance(layer, Labels):
        raise TypeError(f"these are no labels: {type(layer).__name__}")
    return replace(image_of_layer(layer), tags=segmentation_tags(layer.metadata))


def _as_they_are(labels: NDArray[Any]) -> NDArray[Any]:
    return labels


def _write(
    path: str, suffixes: tuple[str, ...], image: Image, drawn: Callable[[NDArray[Any]], NDArray[Any]]
) -> list[str]:
    """Write what is drawn of each plane, in the smallest dtype that holds all planes."""
    file = with_suffix(Path(path), suffixes)
    lowest = highest = 0
    for index in image.planes:
        plane = drawn(image.read(index)[0])
        lowest, highest = min(lowest, int(plane.min())), max(highest, int(plane.max()))
    stack = {letter: last + 1 for letter, last in zip(image.plane_axes, image.planes[-1], strict=True)}
    with open_writer(
        file,
        sizes=stack | {"Y": image.height, "X": image.width},
        dtype=np.min_scalar_type(highest if lowest >= 0 else min(lowest, -highest - 1)),
        pixel_size=image.pixel_size,
        tags=image.tags,
    ) as writer:
        for index in image.planes:
            writer.write(index, slice(None), slice(None), drawn(image.read(index)[0]))
    return [str(file)]


def with_suffix(path: Path, suffixes: tuple[str, ...]) -> Path:
    """Return the path with a suffix of the format, and refuse what nobody was asked to replace."""
    file = path if path.suffix.lower() in suffixes else path.with_name(path.name + suffixes[0])
    if file.is_dir() or (file != path and file.exists()):
        raise OutputError(f"{file}: is there already. Choose another name, or move it away.")
    return file
