"""What the data check found: a finding is a code, a place, and words for the user."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.quality.codes import CODES
from napari_cytounet.quality.severities import Severity

Box = tuple[int, int, int, int]
"""First row, first column, and the row and column after the last, in pixels of the plane."""


@dataclass(frozen=True)
class Place:
    """Where a finding is.

    Attributes
    ----------
    file
        Image, mask or folder.
    plane
        Index of the plane over T and Z; empty for a single image, or where all planes are meant.
    box
        Part of the plane; None where all of it is meant.
    """

    file: Path
    plane: tuple[int, ...] = ()
    box: Box | None = None

    def __str__(self) -> str:
        plane = f" plane {', '.join(map(str, self.plane))}" if self.plane else ""
        box = ""
        if self.box is not None:
            top, left, bottom, right = self.box
            box = f" rows {top}-{bottom - 1}, columns {left}-{right - 1}"
        return f"{self.file.name}{plane}{box}"


@dataclass(frozen=True)
class Finding:
    """One thing that may be wrong.

    Attributes
    ----------
    code
        Stable name of the kind of finding; `cytounet explain` tells of each.
    severity
        How much harm it does.
    what
        What was seen, with the numbers that led to it.
    where
        The place.
    why
        Why it matters.
    advice
        What to do.
    others
        Other files that are part of it, such as the twin of an image.
    fix
        What `--fix` would write; empty where there is no safe correction.
    shift
        Rows and columns by which a mask must be moved; None where nothing is shifted.
    """

    code: str
    severity: Severity
    what: str
    where: Place
    why: str
    advice: str
    others: tuple[Path, ...] = ()
    fix: str = ""
    shift: tuple[int, int] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the finding as a JSON-ready dictionary."""
        return dataclasses.asdict(self) | {
            "where": {
                "file": str(self.where.file),
                "plane": list(self.where.plane),
                "box": None if self.where.box is None else list(self.where.box),
            },
            "others": [str(file) for file in self.others],
            "shift": None if self.shift is None else list(self.shift),
        }


def found(
    code: str,
    what: str,
    where: Place,
    *,
    others: tuple[Path, ...] = (),
    severity: Severity | None = None,
    fixable: bool = True,
    shift: tuple[int, int] | None = None,
) -> Finding:
    """Return a finding with the words of its code.

    Parameters
    ----------
    code
        One of `CODES`.
    what, where, others
        See `Finding`.
    severity
        Where it differs from that of the code.
    fixable
        Whether the correction of this code, if it has one, is safe here.
    shift
        See `Finding`.
    """
    kind = CODES[code]
    return Finding(
        code,
        severity or kind.severity,
        what,
        where,
        kind.why,
        kind.advice,
        others,
        kind.fix if fixable else "",
        shift,
    )
