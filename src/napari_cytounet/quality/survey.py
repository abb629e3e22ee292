"""All digests of a check together: what detectors compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from napari_cytounet.images.truth import MaskReading
from napari_cytounet.quality.digest import Digest
from napari_cytounet.quality.twins import Twins, find_twins
from napari_cytounet.settings import MaskKind, MaskSettings


@dataclass(frozen=True)
class Survey:
    """What was looked at.

    Attributes
    ----------
    digests
        A plane each, in the order of the files.
    reading
        How the masks were read; None without masks.
    settings
        What the user said about the masks.
    mask_folder
        Where the masks are, for findings about all of them.
    """

    digests: Sequence[Digest]
    reading: MaskReading | None
    settings: MaskSettings
    mask_folder: Path

    @property
    def kind(self) -> MaskKind | None:
        """Kind of the masks."""
        return None if self.reading is None else self.reading.kind

    @property
    def class_count(self) -> int:
        """Number of classes besides background."""
        return 1 if self.reading is None else self.reading.class_count

    @cached_property
    def twins(self) -> list[Twins]:
        """All pairs of planes that show the same field."""
        return find_twins(self.digests)

    @cached_property
    def median_area(self) -> float:
        """Median area of all objects in pixels, those of masks of outlines left out; 0 without objects."""
        areas = [
            digest.objects.areas
            for digest in self.digests
            if digest.objects is not None and not self.are_outlines(digest)
        ]
        together = np.concatenate(areas) if areas else np.zeros(0)
        return float(np.median(together)) if len(together) else 0.0

    @property
    def first_planes(self) -> list[Digest]:
        """One digest a file."""
        seen: dict[Path, Digest] = {}
        for digest in self.digests:
            seen.setdefault(digest.file.image, digest)
        return list(seen.values())

    def are_outlines(self, digest: Digest) -> bool:
        """Tell whether most of the foreground of a mask is thin lines."""
        rings = digest.rings
        return rings is not None and (
            (rings.share > 0.5 and len(rings.hulls) > 1) or (rings.share > 0.9 and len(rings.hulls) == 1)
        )
