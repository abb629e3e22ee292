"""A result that is corrected: a copy that is edited, beside what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import BACKGROUND, FIRST_CLASS, Values
from napari_cytounet.correction.edited_copy import EditedCopy
from napari_cytounet.correction.edits import write_edits
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import MaskError
from napari_cytounet.widgets.correcting.edit_recorder import EditRecorder, classes_of_labels
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.layers import free_name, placed_like, said_kind

TOLERANCE = 0.01
"""Of a pixel: results that lie off the image's pixels by more cannot be learnt from."""


class EditedResult:
    """A copy of a labels layer of which the edits are learnt from, and nothing else.

    Every edit is on disk before the next one can begin.

    Parameters
    ----------
    viewer
        Gets the layer.
    copy
        On disk; `open_result` makes one.
    strokes, planes
        The strokes layer of the image that the result is of, and the planes that it holds.
    class_count
        Classes of the session.

    Attributes
    ----------
    layer
        What is edited.
    recorder
        Writes it down.
    """

    def __init__(
        self, viewer: ViewerModel, copy: EditedCopy, strokes: Labels, planes: PaintedPlanes, class_count: int
    ) -> None:
        about, edits = copy.about(), copy.read()
        self._copy = copy
        self._offset: list[int] = about["offset"]
        self._planes = planes
        self._class_count = class_count
        self._is_class_map: bool = about["is_class_map"]
        self._baseline = edits.learnt
        placed = placed_like(strokes, dimensions=range(strokes.ndim))
        moved = np.subtract(strokes.data_to_world(self._offset), strokes.data_to_world([0] * strokes.ndim))
        placed["translate"] = placed["translate"] + np.linalg.solve(placed["affine"][:-1, :-1], moved)
        classes = {int(label): number for label, number in about["classes"].items()} | dict(edits.classes)
        self.layer = viewer.add_labels(
            edits.now,
            name=free_name(viewer, about["name"]),
            features={"index": list(classes), "class": list(classes.values())} if classes else None,
            **placed,
        )
        self.recorder = EditRecorder(self.layer, copy)

    def leave(self) -> None:
        """Watch no more; the layer stays to be looked at."""
        self.recorder.leave()
        self.layer.editable = False

    def learn(self, ledger: Ledger) -> int:
        """Write what differs from what the result was; return in how many places.

        Raises
        ------
        CytounetError
            If it is not clear of which class a label is, or the disk is full.
        """
        self.recorder.catch_up()
        edited = np.asarray(self.layer.data)
        if edited.shape != self._baseline.shape:
            raise MaskError(
                f"{self.layer.name} has another size than the result had. Open the result for correction "
                "anew."
            )
        ordered, baseline = self._planes.ordered(edited), self._planes.ordered(self._baseline)
        *stacked, top, left = (self._offset[dimension] for dimension in self._planes.order)
        written = 0
        for index in np.ndindex(ordered.shape[:-2]):
            if np.array_equal(ordered[index], baseline[index]):
                continue
            changed = ordered[index] != baseline[index]
            key = self._planes.key([at + first for at, first in zip(index, stacked, strict=True)])
            written += write_edits(
                ledger,
                key,
                baseline[index],
                ordered[index],
                self._values(ordered[index], changed),
                offset=(top, left),
            )
            baseline[index] = ordered[index]
        if written:
            self._copy.note_learnt()
        return written

    def _values(self, labels: NDArray[Any], changed: NDArray[np.bool_]) -> Values:
        """Return what labels say as annotation values, as far as they were changed."""
        classes = np.zeros(labels.shape, np.int64)
        for label in np.unique(labels[changed]):
            if label:
                classes[labels == label] = self._class_of(int(label))
        return np.where(labels == 0, BACKGROUND, classes + FIRST_CLASS - 1).astype(np.uint8)

    def _class_of(self, label: int) -> int:
        if self._class_count == 1:
            return 1
        if label in (classes := classes_of_labels(self.layer)):  # parts that were split off have come since
            return classes[label]
        if self._is_class_map and label <= self._class_count:
            return label
        raise MaskError(
            f"It is not known of which class the label {label} in {self.layer.name} is. Paint with the "
            "number of an object of that class, or with strokes."
        )


def open_result(session: Path, result: Labels, strokes: Labels, planes: PaintedPlanes) -> EditedCopy:
    """Begin a copy of a result on disk, to be edited.

    Parameters
    ----------
    session
        Folder of the session.
    result
        The labels layer.
    strokes, planes
        The strokes layer of the image that the result is of, and the planes that it holds.

    Raises
    ------
    MaskError
        If the result does not lie on the pixels of the image.
    OutputError
        If the folder is gone, or its disk is full.
    """
    about = {
        "image": planes.image,
        "name": f"{result.name}, edited",
        "offset": _offset(result, strokes),
        "is_class_map": said_kind(result) == "classes",
        "classes": classes_of_labels(result),
    }
    return EditedCopy.begin(session, np.asarray(result.data), about)


def _offset(result: Labels, strokes: Labels) -> list[int]:
    """Return the pixel of the strokes layer that the first pixel of a result lies on."""
    if result.ndim != strokes.ndim:
        raise MaskError(
            f"{result.name} has {result.ndim} dimensions, but the image that is corrected has "
            f"{strokes.ndim}. Choose a result of that image."
        )
    corners = [
        np.asarray(strokes.world_to_data(result.data_to_world(corner)))
        for corner in (np.zeros(result.ndim), np.ones(result.ndim))
    ]
    first, size = corners[0], corners[1] - corners[0]
    last = first + np.array(result.data.shape)
    on_pixels = np.allclose(size, 1, atol=1e-3) and np.allclose(first, np.round(first), atol=TOLERANCE)
    if not on_pixels or (np.round(first) < 0).any() or (np.round(last) > strokes.data.shape).any():
        raise MaskError(
            f"{result.name} does not lie on the pixels of the image that is corrected. Choose a result of "
            "that image, at its own size and place."
        )
    return [int(at) for at in np.round(first)]
