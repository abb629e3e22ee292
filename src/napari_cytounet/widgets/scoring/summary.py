"""A comparison in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_cytounet.widgets.scoring.comparison import ObjectComparison

FOUND = 0
"""Of the thresholds the lowest, IoU 0.5, from which an object counts as found."""


def summary(compared: ObjectComparison) -> str:
    """Return how good what was found is, in pixels and in objects.

    Raises
    ------
    ValueError
        If the comparison tells no objects.
    """
    from napari_cytounet.measurement.image_scores import pooled_scores
    from napari_cytounet.measurement.object_scores import mean_average_precision

    objects = compared.scores.objects
    if objects is None:
        raise ValueError("the comparison tells no objects")
    right, invented, missed = (int(number) for number in objects.matches[FOUND, :3])
    scores = pooled_scores(compared.scores)
    mean = float(mean_average_precision(objects.matches))
    of_objects = (
        f"Of {right + missed:,} true objects {right:,} are found (IoU 0.5 or more); of {right + invented:,} "
        f"that were found {invented:,} match none.\n"
        f"Objects: average precision {scores['average_precision']:.3f} at IoU 0.5, {mean:.3f} over 0.5 to "
        f"0.95; panoptic quality {scores['panoptic_quality']:.3f}, SEG {scores['seg']:.3f}."
    )
    lines = [of_objects, f"Pixels: Dice {scores['dice']:.3f}, IoU {scores['iou']:.3f}."]
    for name, by_value in zip(("What was compared", "The truth"), compared.told_by_values, strict=True):
        if not by_value:
            lines.append(f"{name} tells no objects: each connected patch counts as one.")
    return "\n".join(lines)
