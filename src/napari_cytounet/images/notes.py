"""What was decided while files were read, told once and not file by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from napari_cytounet.events import Notice


def counted_notes(notes: Sequence[Sequence[str]]) -> list[Notice]:
    """Return each distinct note once, with the number of files that it concerns.

    Parameters
    ----------
    notes
        The `Image.notes` of each file, files without notes too.

    Examples
    --------
    >>> for notice in counted_notes([("RGB that is grey: read as one channel",), ()]):
    ...     print(notice.text)
    RGB that is grey: read as one channel (1 of 2 files)
    """
    counts = Counter(note for of_one_file in notes for note in dict.fromkeys(of_one_file))
    return [Notice(f"{note} ({count} of {len(notes)} files)") for note, count in counts.items()]
