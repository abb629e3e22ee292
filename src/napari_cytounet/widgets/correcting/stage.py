"""The layers of the image that is corrected: it, and the strokes on it."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from psygnal import Signal

from napari_cytounet.errors import CytounetError
from napari_cytounet.widgets.class_colours import colours_of
from napari_cytounet.widgets.correcting.image_display import Display, display_of, show_image
from napari_cytounet.widgets.correcting.left_layers import leave_behind
from napari_cytounet.widgets.correcting.opening import Opened
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.correcting.recorder import StrokeRecorder
from napari_cytounet.widgets.correcting.strokes_layer import add_strokes_layer, letters_of, refill
from napari_cytounet.widgets.latest import Latest

REPLACED = "The data of the strokes layer were replaced by something else: what was painted is shown again."
OTHER_IMAGE = (
    "The image layer shows something else now; the session goes on with the image that it began with. For "
    "the other one begin another session."
)
REMOVED = "The strokes layer was removed. Nothing that was painted is lost: show it again to go on."


class Stage:
    """Shows one image of the session at a time, and writes down what is painted on it.

    Layers are given other data where they can be, and not removed.

    Parameters
    ----------
    viewer
        Where.
    opened
        The session.

    Attributes
    ----------
    number
        Of the image that is shown.
    """

    switched = Signal()
    """Emitted when the layers of an image are there."""
    painted = Signal()
    """Emitted when a stroke, or its undoing, was written down."""
    trouble = Signal(str)
    """Emitted with what keeps the user from painting."""
    told = Signal(str)
    """Emitted with what the user should know."""

    def __init__(self, viewer: ViewerModel, opened: Opened) -> None:
        self._viewer, self._opened = viewer, opened
        card = opened.session.card
        self._classes = list(zip(card.classes, colours_of(card), strict=True))
        self._image: ImageLayer | None = None
        self._is_ours = False
        self.number = 0
        self.strokes: Labels | None = None
        self.planes: PaintedPlanes | None = None
        self._recorder: StrokeRecorder | None = None
        if opened.layer is not None:
            opened.layer.events.data.connect(self._on_other_image)
        self._reading: Latest[Display] = Latest(self._take, self.trouble.emit)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def is_there(self) -> bool:
        """Whether the strokes layer is in the viewer."""
        return self.strokes is not None and self.strokes in self._viewer.layers

    def show(self, number: int) -> None:
        """Show another image of the session."""
        if number == 0 and self._opened.layer is not None:
            self.number = 0
            self._image = self._opened.layer
            self._lay()
            return
        self._reading.ask(lambda _: display_of(number, self._opened.images[number]))

    def leave(self) -> None:
        """Write nothing down any more; nothing can be painted then."""
        self._reading.forget()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        if self._opened.layer is not None:
            self._opened.layer.events.data.disconnect(self._on_other_image)
        self._drop_recorder()
        if self.is_there and self.strokes is not None:
            self.strokes.editable = False
        leave_behind(self.strokes)
        if self._is_ours:
            leave_behind(self._image)

    def retry(self) -> bool:
        """Write what could not be written, or show the strokes again; return whether that went well."""
        if not self.is_there:
            self._lay()
            return self.is_there
        return self._recorder is None or self._recorder.retry()

    def _take(self, display: Display) -> None:
        self.number = display.number
        layer = self._image
        can_be_reused = (
            layer is not None
            and self._is_ours
            and layer in self._viewer.layers
            and layer.rgb == display.options["rgb"]
            and layer.ndim == len(display.options["axis_labels"])
        )
        if layer is not None and can_be_reused:
            self._drop_recorder()
            layer.data = display.data
            for name in ("name", "axis_labels", "units", "scale"):
                if name in display.options:
                    setattr(layer, name, display.options[name])
            layer.reset_contrast_limits()
        else:
            if layer is not None and self._is_ours:
                layer.visible = False
            self._image = show_image(self._viewer, display)
            self._is_ours = True
        self._lay()

    def _lay(self) -> None:
        """Lay the strokes layer over the image."""
        image = self._image
        if image is None:
            return
        self._drop_recorder()
        ledger = self._opened.ledger
        try:
            planes = PaintedPlanes(
                self.number, letters_of(image), self._opened.images[self.number].plane_axes
            )
            if self.is_there and self.strokes is not None and self.strokes.ndim == len(planes.letters):
                refill(self.strokes, image, planes, ledger)
            else:
                if self.is_there and self.strokes is not None:
                    self.strokes.visible = False
                self.strokes = add_strokes_layer(self._viewer, image, planes, ledger, self._classes)
        except CytounetError as error:
            self.trouble.emit(str(error))
            return
        self.planes = planes
        if self._opened.read_only:
            self.strokes.editable = False
        else:
            self._record(self.strokes, planes)
        self.switched.emit()

    def _record(self, strokes: Labels, planes: PaintedPlanes) -> None:
        recorder = StrokeRecorder(strokes, planes, self._opened.ledger, len(self._classes))
        recorder.written.connect(self._on_written)
        recorder.refused.connect(self._on_refused)
        recorder.failed.connect(self._on_failed)
        recorder.replaced.connect(self._on_replaced)
        self._recorder = recorder

    def _drop_recorder(self) -> None:
        if self._recorder is not None:
            self._recorder.leave()
            self._recorder = None

    def _on_written(self) -> None:
        self.painted.emit()

    def _on_refused(self, text: str) -> None:
        self.told.emit(text)

    def _on_failed(self, text: str) -> None:
        self.trouble.emit(text)

    def _on_other_image(self, _: Any = None) -> None:
        self.told.emit(OTHER_IMAGE)

    def _on_replaced(self) -> None:
        self.told.emit(REPLACED)
        self._lay()

    def _on_removed(self, event: Any) -> None:
        if self.strokes is not None and event.value is _unwrapped(self.strokes):
            self._drop_recorder()
            self.trouble.emit(REMOVED)


def _unwrapped(layer: Labels) -> Any:
    return getattr(layer, "__wrapped__", layer)
