"""What each score means, in a sentence: for the help, and below the tables."""

from __future__ import annotations

MEANINGS = {
    "dice": "twice the shared area, by the sum of both areas",
    "iou": "the shared area, by the area of either",
    "precision": "share of what was found that is true",
    "recall": "share of the truth that was found",
    "accuracy": "share of all pixels that are right, background too",
    "boundary_f1": "share of the outlines that lie within the tolerance",
}
"""Of the scores of pixels."""

OBJECT_MEANINGS = {
    "average_precision": "objects matched with that IoU or more, by all that are true or found (StarDist)",
    "f1": "twice the matched objects, by the sum of the true and the found ones",
    "mean_matched_iou": "how well the matched objects are outlined",
    "mean_average_precision": "mean of the average precision over IoU 0.5 to 0.95 (Data Science Bowl 2018)",
    "panoptic_quality": "segmentation quality times recognition quality (Kirillov 2019)",
    "segmentation_quality": "mean IoU of the objects matched with an IoU above 0.5",
    "recognition_quality": "F1 of the objects at an IoU above 0.5",
    "seg": "mean over true objects of the IoU with the found one that holds most of it, 0 if none does "
    "(Cell Tracking Challenge)",
    "merged": "found objects that hold more than half of each of two or more true ones",
    "split": "true objects that hold more than half of each of two or more found ones",
    "missed": "all other true objects that no found one matches with an IoU of 0.5",
    "invented": "all other found objects that match no true one with an IoU of 0.5",
}
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
