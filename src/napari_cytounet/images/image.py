"""An image with its axes and pixel size, read plane by plane and box by box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.axes import AXES, check_axes, understand_axes
from napari_cytounet.images.colours import simplify_colours
from napari_cytounet.images.lazy import LazyArray, cut
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.stored import StoredImage


@dataclass(frozen=True, eq=False)
class Image:
    """An image of any number of planes, read lazily.

    Attributes
    ----------
    data
        The values; anything with a shape and a dtype that can be sliced.
    axes
        One letter a dimension of `data`, out of T, Z, C, Y, X; Y and X are always there.
    name
        Stem of the file, for results and messages.
    path
        The file, if there is one.
    pixel_size
        In micrometres, if known.
    notes
        Decisions taken while reading, for the user.
    tags
        What our own writer stored in the file.

    Raises
    ------
    ImageError
        The axes do not fit, the image is empty, or its values are no numbers.
    """

    data: LazyArray
    axes: str
    name: str
    path: Path | None = None
    pixel_size: PixelSize | None = None
    notes: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_axes(self.axes)
        shape, dtype = self.data.shape, self.data.dtype
        if len(self.axes) != len(shape):
            raise ImageError(f"the axes {self.axes} do not fit an image of shape {shape}")
        if 0 in shape:
            raise ImageError(f"the image has no pixels (shape {shape}). Export it again.")
        if dtype.kind == "c":
            raise ImageError(f"the values are complex numbers ({dtype}). Save their magnitude or real part.")
        if dtype.kind not in "buif":
            raise ImageError(f"the values are no numbers (dtype {dtype}). Save them as integers or floats.")

    @classmethod
    def from_array(
        cls,
        array: LazyArray,
        axes: str | None = None,
        *,
        name: str = "array",
        pixel_size: PixelSize | None = None,
    ) -> Image:
        """Make an image of an array.

        Dimensions of length 1 need no axis. RGB (channels last) that is grey everywhere becomes one
        channel, and alpha that is opaque everywhere is left out.

        Parameters
        ----------
        array
            The values, 2-D to 5-D; may be lazy.
        axes
            One letter a dimension, such as "ZYX" or "YXC"; guessed from the shape if not given.
        name
            For messages and results.
        pixel_size
            In micrometres.

        Raises
        ------
        ImageError
            The axes do not fit, the image is empty, or its values are no numbers.

        Examples
        --------
        >>> image = Image.from_array(np.zeros((5, 64, 48), np.uint8), "ZYX")
        >>> image.planes[:2], image.read((3,), rows=slice(0, 10)).shape
        ([(0,), (1,)], (1, 10, 48))
        """
        return image_of(StoredImage(array, pixel_size=pixel_size), axes=axes, name=name)

    @property
    def height(self) -> int:
        """Rows of a plane."""
        return self._length("Y")

    @property
    def width(self) -> int:
        """Columns of a plane."""
        return self._length("X")

    @property
    def channels(self) -> int:
        """Number of channels; 1 if there is no axis C."""
        return self._length("C")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, in this machine's byte order."""
        return self.data.dtype.newbyteorder("=")

    @property
    def plane_axes(self) -> str:
        """The axes of a stack, in this order: "TZ", "T", "Z", or "" for a single image."""
        return "".join(letter for letter in AXES[:2] if letter in self.axes)

    @property
    def planes(self) -> list[tuple[int, ...]]:
        """Indices of all planes over `plane_axes`; `[()]` for a single image."""
        return list(product(*(range(self._length(letter)) for letter in self.plane_axes)))

    def plane_name(self, index: tuple[int, ...]) -> str:
        """Return the name of a plane, such as `cells T=3 Z=0`.

        Parameters
        ----------
        index
            Of the plane, over `plane_axes`.
        """
        return f"{self.name} {self.plane_place(index)}".rstrip()

    def plane_place(self, index: tuple[int, ...], first: Mapping[str, int] = MappingProxyType({})) -> str:
        """Return where a plane lies in its stack, such as `T=3 Z=0`; nothing for a single image.

        Parameters
        ----------
        index
            Of the plane.
        first
            Where the first plane of this image lies in the one that it was cut from, by axis.

        Examples
        --------
        >>> Image.from_array(np.zeros((1, 3, 4, 4))).plane_place((0, 2), {"Z": 10})
        'T=0 Z=12'
        """
        places = zip(self.plane_axes, index, strict=True)
        return " ".join(f"{letter}={at + first.get(letter, 0)}" for letter, at in places)

    @property
    def size_in_words(self) -> str:
        """Columns and rows, and planes if it is a stack, for a message to the user.

        Examples
        --------
        >>> Image.from_array(np.zeros((3, 20, 60))).size_in_words
        '60 x 20 pixels in 3 planes'
        """
        planes = f" in {len(self.planes)} planes" if self.plane_axes else ""
        return f"{self.width} x {self.height} pixels{planes}"

    def read(
        self, index: tuple[int, ...] = (), rows: slice = slice(None), columns: slice = slice(None)
    ) -> NDArray[Any]:
        """Read a plane, or a box of it; only what is asked for is read from the file.

        Parameters
        ----------
        index
            Of the plane, over `plane_axes`.
        rows, columns
            The box.

        Returns
        -------
        NDArray
            (C, Y, X), a new array of the image's own dtype.

        Raises
        ------
        ImageError
            The file cannot be read there.
        """
        where = dict(zip(self.plane_axes, index, strict=True)) | {"Y": rows, "X": columns}
        with naming_the_file(self.path or self.name):
            values = np.asarray(self.data[tuple(where.get(letter, slice(None)) for letter in self.axes)])
        left = [letter for letter in self.axes if letter in "CYX"]
        if "C" not in left:
            values, left = values[np.newaxis], ["C", *left]
        return np.array(values.transpose([left.index(letter) for letter in "CYX"]), self.dtype, order="C")

    def _length(self, letter: str) -> int:
        return self.data.shape[self.axes.index(letter)] if letter in self.axes else 1


def image_of(stored: StoredImage, *, name: str, path: Path | None = None, axes: str | None = None) -> Image:
    """Understand what was found in a file as an image.

    Parameters
    ----------
    stored
        What was found.
    name, path
        Of the image.
    axes
        As the user named them; they win over those of the file.

    Raises
    ------
    ImageError
        The axes do not fit, the image is empty, or its values are no numbers.
    """
    found = understand_axes(stored.data.shape, axes, stored.axes)
    data = cut(stored.data, dict.fromkeys(found.dropped, 0))
    notes = stored.notes
    if found.guessed:
        notes += (f"axes guessed from the shape {data.shape}: {found.letters} (--axes says otherwise)",)
    image = Image(data, found.letters, name, path, stored.pixel_size, notes, stored.tags)
    if not found.colours:
        return image
    data, letters, simplified = simplify_colours(data, found.letters)
    return replace(image, data=data, axes=letters, notes=notes + simplified)


@contextmanager
def naming_the_file(file: Path | str) -> Iterator[None]:
    """Turn whatever goes wrong while an image is read into an ImageError that names the file."""
    try:
        yield
    except ImageError as error:
        raise ImageError(f"{file}: {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise ImageError(
            f"{file}: cannot be read, it may be damaged or not be what its suffix says "
            f"({type(error).__name__}: {error}). Copy or export it again."
        ) from error
