"""The objects that went wrong, as a table: a viewer or a person finds each of them by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import MaskError
from napari_cytounet.measurement.table import open_table

if TYPE_CHECKING:
    from pathlib import Path

    from napari_cytounet.measurement.evaluation import Evaluation

COLUMNS = (
    "image",
    "plane",
    "error",
    "centroid_y_px",
    "centroid_x_px",
    "top_px",
    "left_px",
    "bottom_px",
    "right_px",
    "true_labels",
    "predicted_labels",
)


def write_errors(path: Path, evaluation: Evaluation) -> None:
    """Write a row for every object that is merged, split, missed or invented.

    Labels that take part stand in one cell, with spaces between them. The other columns are those of
    `ObjectError`.

    Raises
    ------
    MaskError
        If truth or predictions tell no objects.
    OutputError
        If the file cannot be written.
    """
    if evaluation.object_scores is None:
        raise MaskError(
            "There are no errors of objects to list: the truth, or a prediction, tells no single objects. "
            "Leave out --errors, or give masks of single objects."
        )
    rows = [{"image": image} | error.as_dict() for image, error in evaluation.errors]
    with open_table(path, COLUMNS) as table:
        table.write({name: np.array([_cell(row[name]) for row in rows]) for name in COLUMNS})


def _cell(value: object) -> object:
    return " ".join(map(str, value)) if isinstance(value, list) else value
