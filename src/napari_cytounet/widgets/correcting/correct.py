"""Correct and learn: paint a little, and a network learns while you paint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari.viewer
from magicgui.widgets import PushButton
from napari.layers import Labels
from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import QFileDialog

from napari_cytounet.correction.requests import Wish
from napari_cytounet.errors import CytounetError, SettingsError
from napari_cytounet.events import Event
from napari_cytounet.widgets.class_colours import colours_of
from napari_cytounet.widgets.correcting.keys import SessionKeys
from napari_cytounet.widgets.correcting.left_layers import clear_away
from napari_cytounet.widgets.correcting.opening import Changed, Opened, begin, opening
from napari_cytounet.widgets.correcting.session_panel import LATEST, SessionPanel
from napari_cytounet.widgets.correcting.start_form import StartForm
from napari_cytounet.widgets.jobs import Job, Start
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.new_folders import file_name, free_folder
from napari_cytounet.widgets.preferences import PLUGIN, device_settings, runs_folder
from napari_cytounet.widgets.previews import is_preview
from napari_cytounet.widgets.scrolled import Scrolled
from napari_cytounet.widgets.text import Text, without_options

if TYPE_CHECKING:
    from napari_cytounet.widgets.correcting.live_session import LiveSession

PREDICT = "Predict with U-Net"
EDIT_OBJECTS = "Edit objects"
"""Names of widgets in the manifest: widgets do not import each other."""

NO_RESULT = "Select the labels layer of a result in the layer list first: not the strokes, not a preview."
ENDED = "The session is closed. All is kept: open it again at any time."
CHANGED = "was changed since the session began: what was painted may no longer fit"


class CorrectWidget(Scrolled):
    """Choose an image, press Start, and paint.

    Parameters
    ----------
    viewer
        Whose layers are corrected.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._job: Job[Any] | None = None
        self._keys: SessionKeys | None = None
        self._changed: Changed | None = None
        self.live: LiveSession | None = None
        self.form = StartForm(viewer)
        self.start_button = PushButton(text="Start")
        self.start_button.native.setStyleSheet("font-weight: bold; padding: 8px;")
        self.anyway = PushButton(text="Open it all the same", visible=False)
        self.note = Text()
        self.panel = SessionPanel()
        super().__init__([self.form, self.start_button, self.note, self.anyway, self.panel])
        self.panel.visible = False
        self._connect()

    def _connect(self) -> None:
        panel = self.panel
        self.start_button.clicked.connect(self._start)
        self.anyway.clicked.connect(self._open_anyway)
        self.form.source.changed.connect(self._name_the_button)
        panel.retry.clicked.connect(self._retry)
        panel.classes.chosen.connect(self._choose_class)
        panel.next.clicked.connect(lambda: self._do(lambda live: live.go_to_next_place()))
        panel.accept.clicked.connect(lambda: self._do(lambda live: live.accept_field()))
        panel.take_back.clicked.connect(lambda: self._do(lambda live: live.take_back()))
        panel.learn.clicked.connect(lambda: self._do(lambda live: live.learn_edits()))
        panel.pause.clicked.connect(self._pause)
        panel.images.changed.connect(self._show_image)
        panel.versions.changed.connect(self._compare)
        panel.bring_back.clicked.connect(self._bring_back)
        panel.edit.clicked.connect(self._edit)
        panel.objects.clicked.connect(self._edit_objects)
        panel.predict.clicked.connect(self._predict)
        panel.export.clicked.connect(self._export)
        panel.close_session.clicked.connect(self.close_session)
        self.native.destroyed.connect(self._leave)

    def _start(self) -> None:
        """Begin the session that the fields ask for, or open one again."""
        threads = device_settings().threads
        try:
            if self.form.is_new:
                new = self.form.new_session()
                folder = free_folder(runs_folder(), file_name(new.name))
                self._run(partial(begin, new, folder, threads))
            elif (again := self.form.again) is not None:
                self._run(partial(opening, again, threads))
            else:
                show_error("Choose the session to open.")
        except SettingsError as error:
            show_error(without_options(str(error)))

    def _open_anyway(self) -> None:
        changed, threads = self._changed, device_settings().threads
        if changed is not None:
            self._run(partial(opening, changed.folder, threads, take_as_they_are=True))

    def _run(self, start: Start[Opened | Changed]) -> None:
        if self._job is not None:
            return
        self._changed = None
        self.anyway.visible = False
        self._job = Job(
            start, title="opening a session", owner=self, on_result=self._open, on_end=self._end_job
        )
        self.note.say("Starting: the first time this takes some seconds.")
        self.start_button.enabled = False
        self._job.start()

    def _end_job(self) -> None:
        self._job = None
        self.start_button.enabled = True
        if self.live is None and self._changed is None:
            self.note.say("")

    def _open(self, result: Opened | Changed) -> None:
        """Show a session that is open now; ask where its images were changed."""
        if isinstance(result, Changed):
            self._changed = result
            names = ", ".join(path.name for path in result.files)
            self.note.say(f"{names} {CHANGED}. Bring the former file back, or open it all the same.")
            self.anyway.visible = True
            return
        clear_away(self._viewer, but=result.layer)
        card = result.session.card
        classes = list(zip(card.classes, colours_of(card), strict=True))
        self.panel.show_session(result.folder, [image.name for image in result.images], classes)
        from napari_cytounet.widgets.correcting.live_session import LiveSession  # here: opens in no time

        live = LiveSession(self._viewer, self.native, result, device_settings())
        self.live = live
        live.changed.connect(self._show_state)
        live.told.connect(self._tell)
        live.trouble.connect(self._show_trouble)
        live.stage.switched.connect(self._show_image_number)
        self._keys = SessionKeys(
            self._viewer,
            {
                "next place": live.go_to_next_place,
                "accept what is in sight": live.accept_field,
                "accept the object under the pointer": live.accept_object,
                "take back the last acceptance": live.take_back,
            },
            {
                "former version, as long as it is held": (
                    partial(live.view.compare, former=True),
                    self._compare,
                )
            },
        )
        self.note.say(result.read_only or f"Kept in {result.folder.name}.")
        self.form.visible = self.start_button.visible = False
        self.panel.visible = True
        live.begin()
        self._show_state()

    def close_session(self) -> None:
        """End the session; all is kept."""
        self._leave()
        self.panel.visible = False
        self.form.visible = self.start_button.visible = True
        self.note.say(ENDED)

    def _leave(self, *_: object) -> None:
        if self._keys is not None:
            self._keys.leave()
            self._keys = None
        if self.live is not None:
            self.live.leave()
            self.live = None

    def _do(self, action: Callable[[LiveSession], object]) -> None:
        if self.live is None:
            return
        try:
            action(self.live)
        except CytounetError as error:
            show_error(without_options(str(error)))

    def _show_state(self) -> None:
        """Say how far the session is, and show what can be pressed."""
        live, panel = self.live, self.panel
        if live is None:
            return
        follower = live.follower
        if follower is None:
            panel.status.say("Only to be looked at.")
            panel.warning.say(live.hint)
        else:
            panel.status.say(follower.state.describe())
            panel.warning.say(live.hint or follower.state.warn())
            panel.pause.text = "Go on" if follower.is_paused or follower.has_ended else "Pause"
        panel.refresh_versions()
        panel.next.enabled = not live.is_searching
        panel.learn.enabled = live.editing.layer is not None
        for button in (panel.pause, panel.accept, panel.take_back, panel.edit, panel.learn):
            button.visible = follower is not None
        panel.predict.enabled = panel.accept.enabled = panel.has_versions

    def _tell(self, text: str) -> None:
        show_info(without_options(text))
        self._show_state()

    def _show_trouble(self, text: str) -> None:
        show_error(without_options(text))
        self.panel.say_trouble(text)

    def _retry(self) -> None:
        if self.live is not None and self.live.retry():
            self.panel.say_trouble("")

    def _choose_class(self, value: int) -> None:
        if self.live is None or self.live.stage.strokes is None or not self.live.stage.is_there:
            return
        strokes = self.live.stage.strokes
        self._viewer.layers.selection.active = strokes
        strokes.selected_label = value
        if strokes.editable:
            strokes.mode = "paint"

    def _pause(self) -> None:
        follower = self.live.follower if self.live else None
        if follower is None:
            return
        try:
            if follower.has_ended:
                follower.start()
            else:
                follower.ask(Wish.GO_ON if follower.is_paused else Wish.PAUSE)
        except CytounetError as error:
            show_error(str(error))
        self._show_state()

    def _show_image(self, number: int | None) -> None:
        if self.live is not None and number is not None and number != self.live.stage.number:
            self.live.stage.show(number)

    def _show_image_number(self) -> None:
        if self.live is not None:
            with self.panel.images.changed.blocked():
                self.panel.images.value = self.live.stage.number

    def _compare(self, *_: Any) -> None:
        if self.live is not None:
            self.live.view.compare(version=self.panel.versions.value or None)

    def _bring_back(self) -> None:
        follower = self.live.follower if self.live else None
        if follower is not None:
            version = self.panel.versions.value
            self._do(lambda _: follower.ask(Wish.BRING_BACK, version))
            self.panel.versions.value = LATEST

    def _edit(self) -> None:
        selected = self._viewer.layers.selection.active
        if not isinstance(selected, Labels) or is_preview(selected):
            show_error(NO_RESULT)
            return
        self._do(lambda live: live.edit(selected))
        self._show_state()

    def _edit_objects(self) -> None:
        """Open the widget that edits objects, on the copy that is edited if there is one."""
        if self.live is not None and self.live.editing.layer is not None:
            self._viewer.layers.selection.active = self.live.editing.layer
        self._viewer.window.add_plugin_dock_widget(PLUGIN, EDIT_OBJECTS)

    def _predict(self) -> None:
        """Open the widget that predicts, with the session's model."""
        if self.live is None:
            return
        try:
            model_choice.choose(self.live.opened.folder)
        except CytounetError as error:
            show_error(str(error))
            return
        self._viewer.window.add_plugin_dock_widget(PLUGIN, PREDICT)

    def _export(self) -> None:
        from napari_cytounet.correction.exporting import exporting

        folder = ask_for_folder(self.native)
        live = self.live
        if folder is None or live is None or self._job is not None:
            return

        def export(cancel: threading.Event) -> Generator[Event, None, int]:
            opened = live.opened
            return exporting(opened.images, opened.ledger.supervision, folder, cancel)

        self._job = Job(
            export,
            title="exporting pairs",
            owner=self,
            on_result=lambda count: show_info(told_of_export(count, folder)),
            on_end=self._end_job,
        )
        self._job.start()

    def _name_the_button(self, *_: Any) -> None:
        self.start_button.text = "Start" if self.form.is_new else "Open"


def told_of_export(count: int, folder: Path) -> str:
    """Say what was exported, and how it is trained with."""
    from napari_cytounet.correction.exporting import IGNORED

    return (
        f"{count} pairs of images and masks are in {folder / 'train'}. Train with them: cytounet train "
        f"{folder} --masks classes --ignore-value {IGNORED}"
    )


def ask_for_folder(parent: Any) -> Path | None:
    """Ask for a folder; None if the user thinks better of it."""
    chosen = QFileDialog.getExistingDirectory(parent, "Folder that gets the pairs")
    return Path(chosen) if chosen else None
