"""Colours of classes, the same wherever a class is shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice

from napari_cytounet.unet.model_card import ModelCard

COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2")
"""Colours that colour-blind people tell apart as well (Okabe and Ito 2008)."""


def class_colours(classes: Sequence[str]) -> list[str]:
    """Return a colour for each class, as #rrggbb.

    Examples
    --------
    >>> class_colours(["nucleus", "cytoplasm"])
    ['#e69f00', '#56b4e9']
    """
    return list(islice(cycle(COLOURS), len(classes)))


def colours_of(card: ModelCard) -> list[str]:
    """Return the colours of a model's classes: those that were chosen when it was trained, or ours."""
    return list(card.colours) or class_colours(card.classes)
