"""Which images that were kept back stand in the report, and the colours of what was found there."""

from __future__ import annotations

import json
from dataclasses import dataclass

from napari_cytounet.runs.folder import RunFolder

TRUE, MISSED, INVENTED, CONFUSED = 1, 2, 3, 4
COLOURS = {TRUE: "#56b4e9", MISSED: "#f0e442", INVENTED: "#d55e00", CONFUSED: "#cc79a7"}
"""Colours that colour-blind people tell apart as well (Okabe and Ito 2008)."""

NAMES = {TRUE: "true", MISSED: "missed", INVENTED: "invented", CONFUSED: "another class"}


@dataclass(frozen=True)
class Example:
    """One image that was kept back.

    Attributes
    ----------
    which
        `best`, `median` or `worst`.
    plane
        Its name.
    dice
        Of the whole plane.
    kinds
        What is to be seen in it, of `NAMES`.
    """

    which: str
    plane: str
    dice: float
    kinds: tuple[str, ...]


def read_examples(folder: RunFolder) -> list[Example]:
    """Return the examples of a run; none where nothing was kept back, or it is of the first version."""
    try:
        entries = json.loads((folder.examples / "examples.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [Example(**entry | {"kinds": tuple(entry["kinds"])}) for entry in entries]
