"""The prediction that follows the camera and the versions, in a layer of its own under the strokes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_cytounet.correction.acceptance import Field
from napari_cytounet.errors import ImageError
from napari_cytounet.widgets.correcting.field_prediction import Asked, FieldPredictor, middle_of
from napari_cytounet.widgets.correcting.left_layers import leave_behind
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.layer_parts import ImagePart, placed_at, visible_field
from napari_cytounet.widgets.layers import free_name
from napari_cytounet.widgets.previews import mark_preview
from napari_cytounet.widgets.sight import Sight

OPACITY = 0.4
DIMMED = 0.4
"""Share of the opacity that is left while the prediction is not of what is in sight, or knows too little."""


class LiveView:
    """Predicts what is in sight whenever that changes, or a better version is there.

    Parameters
    ----------
    viewer, parent
        Where; timers end with the parent.
    predictor
        Of the session.
    colours
        Of the classes.
    scale
        Working pixels a pixel.
    """

    shown = Signal(object)
    """Emitted with the Field that the layer shows now."""
    failed = Signal(str)
    """Emitted with why nothing can be shown."""
    looked = Signal()
    """Emitted when the view has come to rest, or a version is there."""

    def __init__(
        self,
        viewer: ViewerModel,
        parent: QWidget,
        predictor: FieldPredictor,
        colours: Sequence[str],
        scale: float,
    ) -> None:
        self._viewer, self._predictor = viewer, predictor
        self._colours, self._scale = colours, scale
        self._strokes: Labels | None = None
        self._planes: PaintedPlanes | None = None
        self._layer: Labels | None = None
        self._asked: Asked | None = None
        self._compared: tuple[bool, int | None] = (False, None)
        self._is_behind = False
        self._opacity = OPACITY
        self._is_dim = False
        self._knows_all = True
        self.field: Field | None = None
        self._predicting: Latest[Field | None] = Latest(self._take, self.failed.emit)
        self._sight = Sight(viewer, parent)
        self._sight.settled.connect(self._look)
        self._sight.moved.connect(self._dim)

    @property
    def is_in_sight(self) -> bool:
        """Whether what was found last is of what is in sight, and is shown."""
        return (
            self.field is not None
            and self._asked is not None
            and (self.field.plane, self.field.box) == (self._asked.plane, self._asked.box)
            and not self._sight.is_settling
            and self._layer is not None
            and self._layer.visible
        )

    def watch(self, strokes: Labels, planes: PaintedPlanes) -> None:
        """Show what is found under another strokes layer."""
        self._strokes, self._planes = strokes, planes
        self._compared = (False, None)
        self.field = None
        self._hide()
        self._sight.watch(strokes)
        self._look()

    def leave(self) -> None:
        """Follow no more; the layer stays."""
        self._predicting.forget()
        self._sight.leave()
        self._strokes = None
        leave_behind(self._layer)

    def follow_version(self, *, knows_all: bool) -> None:
        """Predict again with what is the latest version now; say whether it knows all strokes."""
        self._knows_all = knows_all
        if self._compared != (False, None):
            return
        if self._predicting.is_busy:
            self._is_behind = True  # what is computed is shown first: otherwise nothing might ever be
        else:
            self._look()

    def note_stroke(self) -> None:
        """Look stale: something was painted that no version knows."""
        self._knows_all = False
        self._dim()

    def note_learnt(self) -> None:
        """Look fresh again: the version shown was found best by all that is painted."""
        self._knows_all = True
        self._brighten()

    def compare(self, *, former: bool = False, version: int | None = None) -> None:
        """Show the former version, or a certain one; without either the latest again."""
        if (former, version) != self._compared:
            self._compared = former, version
            self._look()

    def _look(self) -> None:
        """Predict what is in sight."""
        asked = self._wanted()
        if asked is None:
            return
        self.looked.emit()
        if self.field is None or (asked.plane, asked.box) != (self.field.plane, self.field.box):
            self._dim()
        self._asked = asked
        self._is_behind = False
        self._predicting.ask(partial(self._predictor.predict, asked))

    def _wanted(self) -> Asked | None:
        if self._strokes is None or self._planes is None or self._strokes not in self._viewer.layers:
            return None
        try:
            part = visible_field(self._viewer, self._strokes)
        except ImageError as error:
            self._predicting.forget()
            self._hide()
            self.failed.emit(str(error))
            return None
        index = [along.start for letter, along in part.ranges.items() if letter not in "YX"]
        former, version = self._compared
        box = middle_of(part.ranges["Y"], part.ranges["X"], self._scale)
        return Asked(self._planes.key(index), box, version=version, former=former)

    def _take(self, field: Field | None) -> None:
        """Show what was found: `Latest` drops what is not of the latest request."""
        if self._strokes is None or self._planes is None or self._strokes not in self._viewer.layers:
            return
        if field is None:  # there is no version yet
            self._hide()
        else:
            self.field = field
            self._show(field, self._strokes, self._planes)
            self.shown.emit(field)
        if self._is_behind:
            self._look()

    def _show(self, field: Field, strokes: Labels, planes: PaintedPlanes) -> None:
        data, placed = _over(field, strokes, planes)
        if self._layer is None or self._layer not in self._viewer.layers:
            self._layer = self._new_layer(data, strokes, placed)
        else:
            _lay_into(self._layer, data, placed["translate"], thumbnail=self._knows_all)
        if self._knows_all or self._compared != (False, None):
            self._brighten()

    def _new_layer(self, data: Any, strokes: Labels, placed: dict[str, Any]) -> Labels:
        chosen = self._viewer.layers.selection.active
        shown: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
        layer = Labels(
            data,
            name=free_name(self._viewer, "prediction"),
            opacity=OPACITY,
            colormap=DirectLabelColormap(color_dict=shown | dict(enumerate(self._colours, start=1))),
            **placed,
        )
        mark_preview(layer, "correction")
        self._viewer.layers.insert(self._viewer.layers.index(strokes), layer)
        layer.editable = False
        self._viewer.layers.selection.active = chosen  # whoever paints goes on painting
        self._is_dim = False
        return layer

    def _hide(self) -> None:
        if self._layer is not None and self._layer in self._viewer.layers:
            self._layer.visible = False

    def _dim(self) -> None:
        if self._layer is not None and not self._is_dim:
            self._opacity = self._layer.opacity
            self._layer.opacity = DIMMED * self._opacity
            self._is_dim = True

    def _brighten(self) -> None:
        if self._layer is not None and self._is_dim:
            self._layer.opacity = self._opacity
            self._is_dim = False


def _lay_into(layer: Labels, data: Any, translate: Any, *, thumbnail: bool) -> None:
    """Have a layer show other data in another place, and let it be seen; its thumbnail may wait."""
    in_place = np.array_equal(layer.translate, translate)
    if in_place and layer.data.shape == data.shape and layer.data.dtype == data.dtype:
        # Mostly it is so, while somebody paints: whoever gives a layer other data has it drawn anew in full,
        # thumbnail and all, and so does whoever says again where it lies.
        layer.data[...] = data
        layer.refresh(thumbnail=thumbnail, highlight=False, extent=False)
    else:
        layer.data = data
        layer.translate = translate
    if not layer.visible:
        layer.visible = True


def _over(field: Field, strokes: Labels, planes: PaintedPlanes) -> tuple[Any, dict[str, Any]]:
    """Return a field as data of a layer with the dimensions of the strokes, and what puts it in its place."""
    rows, columns = field.box.slices
    index = dict(zip(planes.plane_axes, field.plane.index, strict=True))
    ranges = {letter: range(at, at + 1) for letter, at in index.items()}
    ranges |= {"Y": range(rows.start, rows.stop), "X": range(columns.start, columns.stop)}
    stacked = {letter: ranges.get(letter, range(1)) for letter in planes.letters}
    part = ImagePart({letter: stacked[letter] for letter in "TZYX" if letter in stacked})
    plane = field.classes if planes.letters.index("Y") < planes.letters.index("X") else field.classes.T
    # A copy: the layer is written into, and the field is kept.
    data = plane.reshape([len(stacked[letter]) for letter in planes.letters]).copy()
    return data, placed_at(strokes, part)
