"""What each score means, in a sentence: for the help, and below the tables."""

from __future__ import annotations

from napari_cytounet.measurement.explanations import ERROR_MEANINGS, EXPLANATIONS

MEANINGS = {
    name: EXPLANATIONS[name].what
    for name in ("dice", "iou", "precision", "recall", "accuracy", "boundary_f1")
}
"""Of the scores of pixels."""

OBJECT_MEANINGS = {
    name: EXPLANATIONS[name].what
    for name in (
        "average_precision",
        "f1",
        "mean_matched_iou",
        "mean_average_precision",
        "panoptic_quality",
        "segmentation_quality",
        "recognition_quality",
        "seg",
    )
} | dict(ERROR_MEANINGS)
"""Of the scores of objects, and of what may be wrong with them."""


def heading(name: str) -> str:
    """Return the name of a score as people read it.

    Examples
    --------
    >>> heading("mean_matched_iou"), heading("seg")
    ('mean matched IoU', 'SEG')
    """
    return "SEG" if name == "seg" else name.replace("_", " ").replace("iou", "IoU").replace("f1", "F1")


def meanings(names: dict[str, str]) -> list[str]:
    """Return a line for each score."""
    return [f"{heading(name)}: {meaning}" for name, meaning in names.items()]
