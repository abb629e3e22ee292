"""The table of detectors: each draws its findings from what was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from napari_cytounet.quality.alignment import judge_alignment
from napari_cytounet.quality.boundaries import judge_contrast, judge_offsets
from napari_cytounet.quality.broken_pixels import judge_broken_pixels
from napari_cytounet.quality.ceiling import judge_ceiling
from napari_cytounet.quality.codes import CODES
from napari_cytounet.quality.exposure import judge_bit_depths, judge_blanks, judge_ranges, judge_saturation
from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.lettering import judge_text
from napari_cytounet.quality.light import judge_light
from napari_cytounet.quality.mask_values import judge_balance, judge_foregrounds
from napari_cytounet.quality.objects import judge_cut_objects, judge_giants, judge_objects
from napari_cytounet.quality.padding import judge_padding
from napari_cytounet.quality.rings import judge_outlines, judge_rings
from napari_cytounet.quality.scale import judge_magnifications, judge_pixel_sizes
from napari_cytounet.quality.sharpness import judge_sharpness
from napari_cytounet.quality.survey import Survey
from napari_cytounet.quality.twins import judge_reused_masks, judge_twins

Detector = Callable[[Survey], Iterable[Finding]]


def judge_grey_rgb(survey: Survey) -> Iterator[Finding]:
    """Report grey images that are stored as RGB, once for all of them."""
    grey = [digest for digest in survey.first_planes if digest.is_grey_rgb]
    if grey:
        yield found(
            "rgb-grey",
            f"{len(grey)} of {len(survey.first_planes)} images hold the same values in red, green and blue.",
            grey[0].image_place(),
            others=tuple(digest.file.image for digest in grey[1:]),
        )


DETECTORS: tuple[Detector, ...] = (
    judge_alignment,
    judge_reused_masks,
    judge_twins,
    judge_foregrounds,
    judge_outlines,
    judge_rings,
    judge_text,
    judge_giants,
    judge_objects,
    judge_cut_objects,
    judge_balance,
    judge_blanks,
    judge_contrast,
    judge_sharpness,
    judge_saturation,
    judge_ranges,
    judge_bit_depths,
    judge_pixel_sizes,
    judge_magnifications,
    judge_padding,
    judge_light,
    judge_broken_pixels,
    judge_grey_rgb,
    judge_offsets,
    judge_ceiling,
)

FOLLOW_FROM_SWAP = {"object-giant", "objects-cut", "mask-holes", "edges-faint"}
"""What a mask whose foreground and background are swapped looks like besides."""

_ORDER = {code: place for place, code in enumerate(CODES)}


def judge(survey: Survey) -> list[Finding]:
    """Return the findings of all detectors."""
    return [finding for detector in DETECTORS for finding in detector(survey)]


def without_consequences(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without those that say of a swapped mask what only follows from the swap."""
    kept = list(findings)
    swapped = {finding.where.file for finding in kept if finding.code == "mask-inverted"}
    return [
        finding
        for finding in kept
        if finding.code not in FOLLOW_FROM_SWAP or not {finding.where.file, *finding.others} & swapped
    ]


def in_order_of_harm(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings: the worst first, those of one code together, then by file."""
    return sorted(
        findings,
        key=lambda finding: (
            finding.severity.rank,
            _ORDER[finding.code],
            str(finding.where.file),
            finding.where.plane,
        ),
    )
