"""Axes of images: which dimension is T, Z, C, Y or X."""

from __future__ import annotations

from dataclasses import dataclass

from napari_cytounet.errors import ImageError

AXES = "TZCYX"
_COLOURS = "S"  # TIFF's name for the interleaved samples of a pixel
_UNKNOWN = "QI"  # tifffile's names for pages that nothing is known of
_HOW_TO_SAY = "Say what the dimensions are with --axes, one letter each out of T, Z, C, Y, X."


@dataclass(frozen=True)
class Axes:
    """What the dimensions of an array are.

    Attributes
    ----------
    letters
        One letter out of T, Z, C, Y, X for every dimension that is kept.
    dropped
        Dimensions of length 1 that are none of these, to be removed.
    colours
        Whether the channels are the samples of a pixel (grey and alpha, RGB, RGBA).
    guessed
        Whether the letters were guessed from the shape.
    """

    letters: str
    dropped: tuple[int, ...] = ()
    colours: bool = False
    guessed: bool = False


def understand_axes(shape: tuple[int, ...], given: str | None = None, stored: str | None = None) -> Axes:
    """Find the axes of an array.

    Parameters
    ----------
    shape
        Shape of the array.
    given
        Axes that the user named, which win over all else.
    stored
        Axes according to the file's metadata: also S for colours, Q and I for unknown ones, and letters
        of other axes, which must be of length 1.

    Raises
    ------
    ImageError
        The axes do not fit the shape, or there are some that we cannot make sense of.

    Examples
    --------
    >>> understand_axes((51, 120, 122), stored="QYX").letters
    'ZYX'
    >>> understand_axes((480, 640, 3), stored="YXS")
    Axes(letters='YXC', dropped=(), colours=True, guessed=False)
    """
    if given is not None:
        letters, dropped = _fit(check_axes(given), shape)
    elif stored is not None:
        letters, dropped = _squeeze(stored.upper(), shape)
    else:
        letters, dropped = _UNKNOWN[0] * len(shape), ()
    kept = tuple(length for dimension, length in enumerate(shape) if dimension not in dropped)
    guessed = any(letter in _UNKNOWN for letter in letters)
    if guessed:
        letters = _fill_unknown(letters, kept)
    colours = _COLOURS in letters or (letters.endswith("C") and kept[-1] in {3, 4})
    return Axes(check_axes(letters.replace(_COLOURS, "C")), dropped, colours, guessed and len(kept) > 2)


def check_axes(axes: str) -> str:
    """Return axes in capitals, after checking that they are such as we can read.

    Raises
    ------
    ImageError
        A letter is unknown or comes twice, or Y or X is missing.

    Examples
    --------
    >>> check_axes("zyx")
    'ZYX'
    """
    letters = axes.upper()
    unknown = sorted(set(letters) - set(AXES))
    if unknown:
        raise ImageError(f"the axes {letters} hold {', '.join(unknown)}, which we do not know. {_HOW_TO_SAY}")
    if len(set(letters)) != len(letters):
        raise ImageError(f"the axes {letters} name a dimension twice. {_HOW_TO_SAY}")
    if not {"Y", "X"} <= set(letters):
        raise ImageError(f"the axes {letters} lack Y or X. {_HOW_TO_SAY}")
    return letters


def guess_axes(shape: tuple[int, ...]) -> str:
    """Guess the axes of an array that says nothing but its shape.

    A last dimension of 3 or 4 after two longer ones is taken as colours; the other leading dimensions as
    Z, as T and Z, or as T, Z and C.

    Raises
    ------
    ImageError
        There are fewer than two or more than five dimensions.

    Examples
    --------
    >>> guess_axes((512, 512)), guess_axes((512, 512, 3)), guess_axes((9, 512, 512))
    ('YX', 'YXC', 'ZYX')
    """
    if len(shape) >= 3 and shape[-1] in {3, 4} and min(shape[-3:-1]) > 4:
        return _leading(shape[:-1], "TZ") + "YXC"
    return _leading(shape, "TZC") + "YX"


def _leading(shape: tuple[int, ...], letters: str) -> str:
    """Name the dimensions before Y and X."""
    count = len(shape) - 2
    if not 0 <= count <= len(letters):
        raise ImageError(f"an image of shape {shape} is none that we can make sense of. {_HOW_TO_SAY}")
    return "Z" if count == 1 else letters[:count]


def _fit(axes: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Lay axes that the user named over a shape; dimensions of length 1 need no name."""
    if len(axes) == len(shape):
        return axes, ()
    dropped = tuple(dimension for dimension, length in enumerate(shape) if length == 1)
    if len(axes) + len(dropped) != len(shape):
        raise ImageError(
            f"the axes {axes} name {len(axes)} dimensions, but the image has {len(shape)}, of shape {shape}. "
            f"{_HOW_TO_SAY}"
        )
    return axes, dropped


def _squeeze(axes: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Drop dimensions of length 1 that are none of ours; longer ones of another meaning are an error."""
    if len(axes) != len(shape):
        raise ImageError(f"the file's axes {axes} do not fit its shape {shape}. {_HOW_TO_SAY}")
    # Colours and channels at once: one of them is usually of length 1.
    doubled = "C" if {"C", _COLOURS} <= set(axes) else ""
    dropped = []
    for dimension, (letter, length) in enumerate(zip(axes, shape, strict=True)):
        ours = letter in AXES + _COLOURS and letter != doubled
        if length == 1 and not ours:
            dropped.append(dimension)
        elif not ours and letter not in _UNKNOWN:
            meaning = "channels beside colours" if letter == doubled else f"an axis {letter}"
            raise ImageError(
                f"the file has {meaning} of length {length} (axes {axes}, shape {shape}). {_HOW_TO_SAY}"
            )
    return "".join(letter for at, letter in enumerate(axes) if at not in dropped), tuple(dropped)


def _fill_unknown(axes: str, shape: tuple[int, ...]) -> str:
    """Name the unknown dimensions: from the shape alone, or with what the known ones leave."""
    known = [letter for letter in axes if letter not in _UNKNOWN]
    if not known or (known == ["Y", "X"] and axes.endswith("YX")):
        return guess_axes(shape)
    count = len(axes) - len(known)
    free = [letter for letter in "TZC" if letter not in known and (letter != "C" or _COLOURS not in known)]
    if count > len(free) or not {"Y", "X"} <= set(known):
        raise ImageError(
            f"the file does not say what its dimensions of shape {shape} are ({axes}). {_HOW_TO_SAY}"
        )
    names = iter(["Z"] if count == 1 and "Z" in free else free)
    return "".join(next(names) if letter in _UNKNOWN else letter for letter in axes)
