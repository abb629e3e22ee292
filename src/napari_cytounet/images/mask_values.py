"""The values of one mask plane: whatever its dtype and colours, one whole number a pixel.

Grey, RGB and floating-point masks are brought to integers here, so that all that follows compares numbers.
A colour becomes a number of its own; a grey colour becomes its grey value, so that "RGB that is grey" and
plain grey mean the same, in one file and across a folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import MaskError

if TYPE_CHECKING:
    from napari_cytounet.images.image import Image

MaskValue: TypeAlias = int | tuple[int, int, int]
"""A value of a mask as the user knows it: a number, or a colour (red, green, blue)."""

_COLOUR = 1 << 48
"""Numbers of colours start here, above all grey values of 16 bits a channel."""
_LARGEST_FLOAT_LABEL = 2**53
"""Above this, floating-point numbers cannot tell neighbouring whole numbers apart."""


@dataclass(frozen=True)
class MaskPlane:
    """One labelled plane of a mask.

    Attributes
    ----------
    values
        A whole number a pixel, 0 for background, any integer dtype, (Y, X).
    labelled
        False where the pixel holds the ignore value, bool, (Y, X).
    """

    values: NDArray[np.integer[Any]]
    labelled: NDArray[np.bool_]

    def foreground(self, invert: bool) -> NDArray[np.bool_]:
        """Return the labelled pixels that are not background, bool, (Y, X)."""
        foreground: NDArray[np.bool_] = ((self.values == 0) if invert else (self.values != 0)) & self.labelled
        return foreground


def read_mask_plane(
    mask: Image, index: tuple[int, ...], *, ignore_value: int | None, empty_planes: bool
) -> MaskPlane | None:
    """Read one plane of a mask.

    Returns
    -------
    MaskPlane or None
        None for a plane of a stack that nobody labelled: all of it 0 (unless `empty_planes`) or all of it
        the ignore value. A single image is always taken as labelled.

    Raises
    ------
    MaskError
        If the values cannot be labels: not finite, negative, not whole, or of too many channels.
    """
    values = _one_channel(mask, index)
    labelled = np.ones(values.shape, dtype=bool) if ignore_value is None else values != ignore_value
    if np.issubdtype(values.dtype, np.signedinteger) and (values[labelled] < 0).any():
        worst = int(values[labelled].min())
        raise MaskError(
            f"{describe(mask, index)} holds negative values (such as {worst}), which cannot be labels. If "
            f"they mark pixels that nobody labelled, say so with --ignore-value {worst}."
        )
    in_a_stack = len(mask.planes) > 1
    if in_a_stack and (not labelled.any() or not (empty_planes or values.any())):
        return None
    return MaskPlane(values, labelled)


def describe(mask: Image, index: tuple[int, ...] = ()) -> str:
    """Name a mask, or one plane of it, in a message to the user."""
    file = str(mask.path) if mask.path is not None else mask.name
    place = mask.plane_place(index) if index else ""
    return f"The mask {file} {place}".rstrip()


def as_mask_value(number: int) -> MaskValue:
    """Return the value or colour that a number of a `MaskPlane` stands for.

    Examples
    --------
    >>> as_mask_value(255)
    255
    >>> as_mask_value(as_number((255, 0, 0)))
    (255, 0, 0)
    """
    if number < _COLOUR:
        return number
    red, green, blue = (number >> shift & 0xFFFF for shift in (32, 16, 0))
    return red, green, blue


def as_number(value: MaskValue) -> int:
    """Return the number that a `MaskPlane` holds for a value or colour: the inverse of `as_mask_value`."""
    if isinstance(value, int):
        return value
    red, green, blue = value
    return red if red == green == blue else _COLOUR | red << 32 | green << 16 | blue


def _one_channel(mask: Image, index: tuple[int, ...]) -> NDArray[np.integer[Any]]:
    channels = _as_integers(mask.read(index), describe(mask, index))
    if len(channels) in (3, 4):
        return _colour_numbers(channels, describe(mask, index))
    if len(channels) == 1:
        values: NDArray[np.integer[Any]] = channels[0]
        return values
    raise MaskError(
        f"{describe(mask, index)} has {len(channels)} channels. A mask holds one value or one RGB colour a "
        "pixel: save the channel of the labels alone, or say with --axes what the dimensions are."
    )


def _as_integers(pixels: NDArray[Any], described: str) -> NDArray[np.integer[Any]]:
    if pixels.dtype == bool:
        return pixels.view(np.uint8)
    if np.issubdtype(pixels.dtype, np.integer):
        return pixels
    if not np.isfinite(pixels).all():
        raise MaskError(
            f"{described} holds NaN or infinite values, which cannot be labels. If they mark pixels that "
            "nobody labelled, give these a whole number of their own and name it with --ignore-value."
        )
    fractions = pixels[pixels != np.rint(pixels)]
    if fractions.size:
        raise MaskError(
            f"{described} holds values that are not whole numbers (such as {fractions[0]:.4g}), which cannot "
            "be labels. If these are probabilities or intensities, make masks of them with `cytounet "
            "threshold`."
        )
    if float(np.abs(pixels).max()) > _LARGEST_FLOAT_LABEL:
        raise MaskError(f"{described} holds values too large for labels: renumber them, and save integers.")
    return pixels.astype(np.int64)


def _colour_numbers(channels: NDArray[np.integer[Any]], described: str) -> NDArray[np.int64]:
    if channels.min() < 0 or channels.max() > 0xFFFF:
        raise MaskError(f"{described} holds colours outside 0 to 65535: save it as RGB of 8 or 16 bits.")
    red, green, blue = channels[:3].astype(np.int64)
    grey = (red == green) & (green == blue)
    numbers: NDArray[np.int64] = np.where(grey, red, _COLOUR | red << 32 | green << 16 | blue)
    if len(channels) == 4:
        numbers[channels[3] == 0] = 0  # nobody painted where it is transparent
    return numbers
