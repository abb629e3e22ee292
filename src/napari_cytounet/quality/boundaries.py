"""How the image looks along the outlines of the mask: where its edge lies, and whether there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.quality.findings import Finding, Place, found
from napari_cytounet.quality.pixels import PlanePixels
from napari_cytounet.quality.severities import Severity

if TYPE_CHECKING:
    from napari_cytounet.quality.digest import Digest
    from napari_cytounet.quality.survey import Survey

REACH = 16
"""Pixels on each side of an outline that are looked at."""

LEAST_PIXELS = 100
"""Pixels of outline below which nothing is concluded."""

NO_EDGE = 1.5
"""Gradients along outlines below so many times those of the background are no edge."""

FAINTER = 6.0
"""So many times less contrast than the median of the set is worth a word."""

LEAST_GAIN = 0.1
"""By so much a profile must correlate better with that of the other images where it was moved."""

OFFSET_OF_SET, OFFSET_OF_IMAGE = 4.0, 2.5
"""Pixels between outline and edge: of all images together, and of one image from the others."""


@dataclass(frozen=True)
class BoundaryProfile:
    """Mean gradient of the image by the distance from the outlines.

    Attributes
    ----------
    gradient
        At distances -16 (inside) to 15 (outside), each from the number to the next; (32,).
    background
        Median gradient farther outside.
    pixels
        Pixels of the outline.
    """

    gradient: NDArray[np.float32]
    background: float
    pixels: int

    @property
    def contrast(self) -> float:
        """Gradient close to the outline by that of the background."""
        near = self.gradient[REACH - 6 : REACH + 6]
        return float(near.max() / max(self.background, 1e-6))

    @property
    def edge_contrast(self) -> float:
        """Steepest gradient, however far beside the outline, by that of the background."""
        return float(self.gradient.max() / max(self.background, 1e-6))


def measure_boundaries(pixels: PlanePixels) -> BoundaryProfile | None:
    """Return the profile along the outlines of all objects; None where there are none."""
    foreground = pixels.foreground
    if not foreground.any() or foreground.all():
        return None
    outside = ndi.distance_transform_edt(~foreground)
    distance = np.where(foreground, 0.5 - np.maximum(pixels.depth, 1), outside - 0.5)
    near = np.abs(distance) < REACH
    bins = np.floor(distance[near]).astype(np.intp) + REACH
    counts = np.bincount(bins, minlength=2 * REACH)
    sums = np.bincount(bins, pixels.gradient[near], minlength=2 * REACH)
    far = outside > REACH
    background = pixels.gradient[far if np.count_nonzero(far) > 1000 else ~foreground]
    # Noise alone has a gradient too: below it nothing can be seen.
    floor = pixels.noise / (np.sqrt(8) * 1.5**2) + 1e-3 * pixels.spread
    return BoundaryProfile(
        gradient=(sums / np.maximum(counts, 1)).astype(np.float32),
        background=max(float(np.median(background)), floor),
        pixels=int(counts[REACH - 1]),
    )


def judge_contrast(survey: Survey) -> Iterator[Finding]:
    """Report masks whose outlines have no edge in the image."""
    judged = _with_outlines(survey)
    if not judged:
        return
    usual = float(np.median([profile.contrast for _, profile in judged]))
    for digest, profile in judged:
        if profile.contrast < min(NO_EDGE, usual / 1.3) or profile.contrast < 1.2:
            severity = None
        elif profile.contrast < min(usual / FAINTER, 4):
            severity = Severity.MEDIUM
        else:
            continue
        yield found(
            "edges-faint",
            f"Along the outlines of the mask the image changes {profile.contrast:.1f} times as much as in "
            f"the "
            f"background (in the median image {usual:.1f} times).",
            digest.image_place(),
            others=digest.mask_files(),
            severity=severity,
        )


def judge_offsets(survey: Survey) -> Iterator[Finding]:
    """Report outlines that lie beside the edges: in single images, or in all of them."""
    judged = [
        (digest, profile) for digest, profile in _with_outlines(survey) if profile.edge_contrast > 2 * NO_EDGE
    ]
    if not judged:
        return
    usual = np.median([profile.gradient / profile.gradient.max() for _, profile in judged], axis=0)
    offset = edge_position(usual)
    if abs(offset) >= OFFSET_OF_SET:
        yield found(
            "boundary-offset",
            f"In the median image outlines lie {_beside(offset)} the steepest edge.",
            Place(survey.mask_folder),
            severity=Severity.LOW,
        )
    if len(judged) < 3:
        return
    shifts = np.array([relative_offset(profile.gradient, usual) for _, profile in judged])
    scatter = 1.4826 * float(np.median(np.abs(shifts - np.median(shifts))))
    for (digest, _), shift in zip(judged, shifts, strict=True):
        if abs(shift) >= max(OFFSET_OF_IMAGE, 4 * scatter):
            yield found(
                "boundary-offset",
                f"Outlines lie {_beside(shift)} where they lie in the other images.",
                digest.mask_place(),
                others=(digest.file.image,),
            )


def edge_position(gradient: NDArray[np.floating]) -> float:
    """Return the distance at which the image is steepest: negative inside the outline."""
    smooth = ndi.gaussian_filter1d(gradient.astype(float), 1.0)
    at = int(smooth.argmax())
    if not 0 < at < len(smooth) - 1:
        return at + 0.5 - REACH
    before, peak, after = smooth[at - 1 : at + 2]
    return float(at + (before - after) / (2 * (before - 2 * peak + after)) + 0.5 - REACH)


def relative_offset(gradient: NDArray[np.floating], usual: NDArray[np.floating]) -> float:
    """Return by how many pixels a profile must be moved to look most like another one.

    0 where no move makes it look clearly more like it, or only moves so far that hardly anything is compared:
    other edges, such as those of nuclei inside of cells, may lie there.
    """
    own, other = (
        (profile - profile.mean()) / (profile.std() + 1e-9)
        for profile in (ndi.gaussian_filter1d(part.astype(float), 1.0) for part in (gradient, usual))
    )
    steps = range(-REACH + 4, REACH - 3)
    scores = []
    for step in steps:
        moved, fixed = (
            own[max(0, step) : len(own) + min(0, step)],
            other[max(0, -step) : len(other) - max(0, step)],
        )
        scores.append(float(np.corrcoef(moved, fixed)[0, 1]))
    best = int(np.argmax(scores))
    is_at_an_end = best in (0, len(steps) - 1)
    if is_at_an_end or scores[best] < scores[steps.index(0)] + LEAST_GAIN:
        return 0.0
    return float(steps[best])


def _with_outlines(survey: Survey) -> list[tuple[Digest, BoundaryProfile]]:
    return [
        (digest, digest.boundaries)
        for digest in survey.digests
        if digest.boundaries is not None and digest.boundaries.pixels >= LEAST_PIXELS
    ]


def _beside(offset: float) -> str:
    return f"{abs(offset):.1f} pixels {'outside' if offset < 0 else 'inside'} of"
