"""A session that is open: its layers, its trainer, its view and its keys, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.layers import Labels
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_cytounet.correction.acceptance import Acceptances, Field
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.errors import CytounetError
from napari_cytounet.events import Event, Notice, VersionProposed, Waiting
from napari_cytounet.runs.run_lock import beat
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.widgets.class_colours import colours_of
from napari_cytounet.widgets.correcting.camera import fit, look_back, remember
from napari_cytounet.widgets.correcting.field_prediction import FieldPredictor
from napari_cytounet.widgets.correcting.follower import TrainerFollower
from napari_cytounet.widgets.correcting.giving_way import GivingWay
from napari_cytounet.widgets.correcting.live_view import LiveView
from napari_cytounet.widgets.correcting.next_place import NextPlace, PlaceFinder
from napari_cytounet.widgets.correcting.opening import Opened
from napari_cytounet.widgets.correcting.result_editing import ResultEditing
from napari_cytounet.widgets.correcting.stage import Stage
from napari_cytounet.widgets.correcting.view_memory import write_view
from napari_cytounet.widgets.latest import Latest

BEAT_MS = 5000
VIEW_MS = 1000

NO_FIELD = "There is no prediction in sight to accept yet."
NO_OBJECT = "There is no object under the pointer."
NOTHING_ACCEPTED = "Nothing was accepted since the session was opened."
EDITED_BEFORE = "The result that you edited is there again, with edits that were not learnt from yet."
NOT_EDITED = "Nothing was changed in it since: erase what is wrong, paint what is missing, then learn."


class LiveSession:
    """What goes on between a session's folder and the viewer, from `begin` until `leave`.

    Parameters
    ----------
    viewer, parent
        Where; timers end with the parent.
    opened
        The session.
    device
        Where the window itself computes.

    Attributes
    ----------
    follower
        Of the trainer; None where the session is read only.
    hint
        Why nothing can be predicted in sight, if that is so.
    stage, view, editing
        Its layers.
    """

    changed = Signal()
    """Emitted when there is something new to say of it."""
    told = Signal(str)
    """Emitted with what the user should know now."""
    trouble = Signal(str)
    """Emitted with what keeps the user from painting, until `retry`."""

    def __init__(self, viewer: Viewer, parent: QWidget, opened: Opened, device: DeviceSettings) -> None:
        self._viewer, self.opened = viewer, opened
        card, images, folder = opened.session.card, opened.images, opened.folder
        self._memory = opened.view
        self._coming: NextPlace | None = None
        self._is_looking_back = True
        self._accepted = Acceptances(opened.ledger)
        self.stage = Stage(viewer, opened)
        self.editing = ResultEditing(viewer, opened)
        predictor = FieldPredictor(folder, images, card, device)
        self.view = LiveView(viewer, parent, predictor, colours_of(card), card.working_scale)
        finder = PlaceFinder(folder, images, card, device, opened.view.visits)
        self._finder = finder
        self._finding: Latest[NextPlace] = Latest(self._go_to, self.told.emit)
        self.hint = ""
        self.follower: TrainerFollower | None = None
        self._giving_way: GivingWay | None = None
        if opened.running is not None:
            self.follower = TrainerFollower(folder, opened.running, device.threads, is_ours=opened.is_ours)
            self.follower.looked.connect(self._take)
            self.follower.said.connect(self._tell)
            self._giving_way = GivingWay(self.follower)
        self._connect()
        self._view_timer = _timer(VIEW_MS, self._write_view, once=True)
        self._beat_timer = _timer(BEAT_MS, self._beat)
        if not opened.read_only:
            self._beat_timer.start()

    def begin(self) -> None:
        """Show the image that was looked at last."""
        self.stage.show(min(self._memory.image, len(self.opened.images) - 1))

    @property
    def is_searching(self) -> bool:
        """Whether the next place is being looked for."""
        return self._finding.is_busy

    def leave(self) -> None:
        """Let go of everything: the trainer ends, and the strokes layer stays to be looked at."""
        self._view_timer.stop()
        self._beat_timer.stop()
        self._write_view()
        self._finding.forget()
        self.editing.leave()
        self.stage.leave()
        self.view.leave()
        if self._giving_way is not None:
            self._giving_way.leave()
        if self.follower is not None:
            self.follower.leave()
        self.opened.lock.close()

    def go_to_next_place(self) -> None:
        """Look for the place where a correction is worth most, and move there."""
        self._finding.ask(self._finder.find)
        self.changed.emit()

    def accept_field(self) -> None:
        """Take what is in sight for right as it stands."""
        if self._can_write():
            self._accept(lambda field: self._accepted.accept_field(field))

    def accept_object(self) -> None:
        """Take the object under the pointer for right as it stands."""
        strokes, planes = self.stage.strokes, self.stage.planes
        if not self._can_write() or strokes is None or planes is None:
            return
        position = np.asarray(self._viewer.cursor.position)[-strokes.ndim :]
        _, row, column = planes.pixel(np.asarray(strokes.world_to_data(position)))

        def accept(field: Field) -> None:
            if not self._accepted.accept_object(field, row, column):
                self.told.emit(NO_OBJECT)

        self._accept(accept)

    def take_back(self) -> None:
        """Take back the last acceptance."""
        try:
            if not self._accepted.take_back():
                self.told.emit(NOTHING_ACCEPTED)
                return
        except CytounetError as error:
            self.trouble.emit(str(error))
            return
        self._note_written()

    def edit(self, result: Labels) -> None:
        """Open a result for correction: see `ResultEditing.open`."""
        strokes, planes = self.stage.strokes, self.stage.planes
        if strokes is not None and planes is not None:
            self.editing.open(result, strokes, planes)
            self._give_way_to_painting()

    def learn_edits(self) -> None:
        """Teach what differs from what the result was.

        Raises
        ------
        CytounetError
            See `EditedResult.learn`.
        """
        written = self.editing.learn()
        if written:
            self._note_written()
        self.told.emit(f"{written} edits are learnt from." if written else NOT_EDITED)

    def retry(self) -> bool:
        """Try again what was in the way of painting."""
        edits_are_kept = self.editing.retry()
        return self.stage.retry() and edits_are_kept

    def _connect(self) -> None:
        self.stage.switched.connect(self._on_switched)
        self.stage.painted.connect(self._note_written)
        self.stage.trouble.connect(self._on_trouble)
        self.editing.failed.connect(self._on_trouble)
        self.stage.told.connect(self._tell)
        self.view.shown.connect(self._on_shown)
        self.view.failed.connect(self._on_unseen)
        self.view.looked.connect(self._remember_soon)

    def _give_way_to_painting(self) -> None:
        for layer in (self.stage.strokes, self.editing.layer):
            if self._giving_way is not None and layer is not None:
                self._giving_way.watch(layer)

    def _can_write(self) -> bool:
        if self.opened.read_only:
            self.told.emit(self.opened.read_only)
        return not self.opened.read_only

    def _accept(self, accept: Callable[[Field], object]) -> None:
        field = self.view.field
        if field is None or not self.view.is_in_sight:
            self.told.emit(NO_FIELD)
            return
        try:
            accept(field)
        except CytounetError as error:
            self.trouble.emit(str(error))
            return
        self._note_written()

    def _note_written(self) -> None:
        self.view.note_stroke()
        self.changed.emit()

    def _take(self, events: list[Event]) -> None:
        """Follow what the trainer says."""
        follower = self.follower
        if follower is None:
            return
        knows_all = follower.state.judged >= self.opened.ledger.last
        # A version that was brought back is told of by a Notice.
        adopted = any(
            isinstance(event, Notice) or (isinstance(event, VersionProposed) and event.adopted)
            for event in events
        )
        rests = any(isinstance(event, Waiting) and event.reason == "learnt" for event in events)
        if adopted:
            self.view.follow_version(knows_all=knows_all)
        elif knows_all or rests:
            self.view.note_learnt()
        self.changed.emit()

    def _tell(self, text: str) -> None:
        self.told.emit(text)

    def _on_trouble(self, text: str) -> None:
        self.trouble.emit(text)

    def _on_shown(self, _: Field) -> None:
        self.hint = ""
        self.changed.emit()

    def _on_unseen(self, text: str) -> None:
        self.hint = text
        self.changed.emit()

    def _on_switched(self) -> None:
        strokes, planes = self.stage.strokes, self.stage.planes
        if strokes is None or planes is None:
            return
        if self._is_looking_back:
            look_back(self._viewer, self._memory)
            self._is_looking_back = False
        if self._coming is not None:
            fit(self._viewer, strokes, planes, self._coming.plane, self._coming.box)
            self._coming = None
        self.view.watch(strokes, planes)
        if self.editing.open_again(strokes, planes):
            self.told.emit(EDITED_BEFORE)
        self._give_way_to_painting()
        self.changed.emit()

    def _go_to(self, place: NextPlace) -> None:
        self._memory = self._memory.model_copy(update={"visits": place.visits})
        strokes, planes = self.stage.strokes, self.stage.planes
        if place.plane.image != self.stage.number:
            self._coming = place
            self.stage.show(place.plane.image)
        elif strokes is not None and planes is not None:
            fit(self._viewer, strokes, planes, place.plane, place.box)
        self._remember_soon()
        self.changed.emit()

    def _remember_soon(self) -> None:
        self._view_timer.start()

    def _write_view(self) -> None:
        if self.opened.read_only or not self.stage.is_there:
            return
        self._memory = remember(self._viewer, self._memory, self.stage.number)
        write_view(self.opened.folder, self._memory)

    def _beat(self) -> None:
        try:
            beat(SessionFolder(self.opened.folder).window_lock)
        except OSError:  # the folder is gone: the next stroke says so
            self._beat_timer.stop()


def _timer(milliseconds: int, act: Callable[[], Any], *, once: bool = False) -> QTimer:
    timer = QTimer()
    timer.setInterval(milliseconds)
    timer.setSingleShot(once)
    timer.timeout.connect(act)
    return timer
