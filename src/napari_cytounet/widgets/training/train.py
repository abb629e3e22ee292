"""Train U-Net: from layers or folders to a model, in a process of its own."""

from __future__ import annotations

from typing import Any

import napari.viewer
from magicgui.widgets import PushButton
from napari.utils.notifications import show_error

from napari_cytounet.errors import CytounetError, SettingsError
from napari_cytounet.events import Event, Notice, Warned
from napari_cytounet.runs.unfinished import UnfinishedRun
from napari_cytounet.settings import MaskSettings, TrainSettings
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.jobs import Job, Start
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.preferences import PLUGIN, device_settings, runs_folder
from napari_cytounet.widgets.scrolled import Scrolled
from napari_cytounet.widgets.text import Text, without_options
from napari_cytounet.widgets.training.choices import TrainingChoices
from napari_cytounet.widgets.training.curves import TrainingCurves
from napari_cytounet.widgets.training.estimate import TrainingEstimate
from napari_cytounet.widgets.training.follower import Outcome, TrainingFollower, live_training
from napari_cytounet.widgets.training.reasons import TrainingReasons
from napari_cytounet.widgets.training.run_list import RunList
from napari_cytounet.widgets.training.sources import TrainingSources
from napari_cytounet.widgets.training.start import Begun, Request, begin, go_on

PREDICT = "Predict with U-Net"
"""Name of the widget in the manifest: widgets do not import each other."""

STOPPING = "Stopping: the best so far is kept …"
WAIT = "A training is running already. Wait for its end, or stop it: it keeps the best so far."


class TrainWidget(Scrolled):
    """Choose images and labels, choose a time, press Train.

    Parameters
    ----------
    viewer
        Whose layers can be learnt from.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._job: Job[Begun] | None = None
        self._outcome: Outcome | None = None
        self.choices = TrainingChoices()
        self.sources = TrainingSources(viewer, self._mask_settings)
        self.estimate = TrainingEstimate(self._settings)
        self.train_button = PushButton(text="Train")
        self.train_button.native.setStyleSheet("font-weight: bold; padding: 8px;")
        self.stop_button = PushButton(
            text="Stop, keep the best so far",
            tooltip="The best model so far stays in the run's folder, and the training can be resumed.",
            visible=False,
        )
        self.status = Text()
        self.warning = Text()
        self.warning.native.setStyleSheet("font-weight: bold")
        self.notes_text = Text()
        self.notes = Folded("Notes", [self.notes_text])
        self.curves = TrainingCurves()
        self.predict_button = PushButton(text="Predict with this model", visible=False)
        self.reasons = TrainingReasons(self._settings)
        self.runs = RunList()
        super().__init__(
            [
                self.sources,
                self.choices,
                self.estimate,
                self.train_button,
                self.stop_button,
                self.status,
                self.warning,
                self.predict_button,
                self.curves,
                self.notes,
                self.runs,
                self.choices.advanced,
                self.reasons,
            ]
        )
        self.notes.visible = False
        self._connect()
        self.estimate.look_soon()
        self.runs.look_soon()
        if live_training.current is not None:
            self._follow(live_training.current)

    def _connect(self) -> None:
        self.train_button.clicked.connect(self._train)
        self.stop_button.clicked.connect(self._stop)
        self.predict_button.clicked.connect(self._predict)
        self.runs.resumed.connect(self._resume)
        self.choices.changed.connect(self.estimate.look_soon)
        self.choices.advanced.changed.connect(self.estimate.look_soon)
        self.choices.advanced.changed.connect(self.sources.look_soon)
        self.choices.changed.connect(self.reasons.follow)
        self.choices.advanced.changed.connect(self.reasons.follow)
        live_training.began.connect(self._follow)
        self._viewer.events.theme.connect(self._use_theme)
        self.native.destroyed.connect(self._disconnect)

    def _disconnect(self) -> None:
        """Hear no more of what goes on, once nothing can be shown any more."""
        live_training.began.disconnect(self._follow, missing_ok=True)
        self._viewer.events.theme.disconnect(self._use_theme)
        if live_training.current is not None:
            live_training.current.looked.disconnect(self._take, missing_ok=True)
            live_training.current.ended.disconnect(self._end, missing_ok=True)

    def _train(self) -> None:
        """Begin a training with what the fields say."""
        try:
            request = self._request()
        except CytounetError as error:
            show_error(without_options(str(error)))
            return
        runs = runs_folder()
        self._start(lambda cancel: begin(request, runs, cancel))

    def _request(self) -> Request:
        """Return what the fields ask for."""
        sources, choices = self.sources, self.choices
        if sources.missing:
            raise SettingsError(sources.missing)
        common: dict[str, Any] = {
            "settings": choices.settings(sources.mask_settings()),
            "start_from": choices.start_from.path,
            "freeze_encoder": choices.freeze_encoder.value,
            "goes_on_alone": choices.goes_on_alone.value,
        }
        if sources.from_layers:
            return Request(pairs=sources.pairs.pairs, **common)
        images, masks = sources.folders.paths
        return Request(images=images, masks=masks, validation=sources.folders.validation, **common)

    def _resume(self, run: UnfinishedRun) -> None:
        """Go on with an unfinished run."""
        threads = device_settings().threads
        self._start(lambda _: go_on(run, threads))

    def _start(self, start: Start[Begun]) -> None:
        if live_training.current is not None or self._job is not None:
            show_error(WAIT)
            return
        self._job = Job(
            start,
            title="preparing a training",
            owner=self,
            on_result=self._follow_begun,
            on_end=self._end_job,
        )
        self.status.say("Writing what is to be learnt …")
        self._job.start()
        self._show_state()

    def _follow_begun(self, begun: Begun) -> None:
        live_training.begin(TrainingFollower(begun, self._viewer))

    def _end_job(self) -> None:
        self._job = None
        if live_training.current is None:
            self.status.say("")
        self._show_state()

    def _follow(self, follower: TrainingFollower) -> None:
        """Show a training that began, here or in another window."""
        self._outcome = None
        self.notes_text.say("")
        self.warning.say("")
        self.status.say(follower.state.describe())
        self.curves.begin(self._viewer.theme)
        self._take(follower.events)
        follower.looked.connect(self._take)
        follower.ended.connect(self._end)
        self._show_state()

    def _take(self, events: list[Event]) -> None:
        """Show what a training said."""
        follower = live_training.current
        if follower is not None:
            self.status.say(STOPPING if follower.is_stopping else follower.state.describe())
        for event in events:
            self.curves.add(event)
        warned = [without_options(event.text) for event in events if isinstance(event, Warned)]
        self.warning.say("\n".join(filter(None, [self.warning.value, *warned])))
        notices = [event.text for event in events if isinstance(event, Notice)]
        self.notes_text.say("\n".join(filter(None, [self.notes_text.value, *map(without_options, notices)])))
        if events:
            self.curves.draw()
        self._show_state()

    def _stop(self) -> None:
        """Stop what goes on: the preparation, or the training."""
        follower = live_training.current
        if follower is None:
            if self._job is not None:
                self._job.stop()
            return
        try:
            follower.stop()
        except CytounetError as error:
            show_error(str(error))
        self._take([])

    def _end(self, outcome: Outcome) -> None:
        """Show how a training ended."""
        self._outcome = outcome
        self.status.say(outcome.text)
        self.status.tooltip = outcome.explanation
        self.runs.look_soon()
        self.estimate.look_soon()
        self._show_state()

    def _predict(self) -> None:
        """Open the widget that predicts, with the model of the training that ended."""
        if self._outcome is None:
            return
        try:
            model_choice.choose(self._outcome.folder)
        except CytounetError as error:
            show_error(str(error))
            return
        self._viewer.window.add_plugin_dock_widget(PLUGIN, PREDICT)

    def _show_state(self) -> None:
        """Show the buttons that can be pressed now."""
        follower = live_training.current
        is_busy = follower is not None or self._job is not None
        self.train_button.visible = self.estimate.visible = not is_busy
        self.stop_button.visible = is_busy
        self.stop_button.enabled = follower is None or not follower.is_stopping
        self.runs.enabled = not is_busy
        self.predict_button.visible = self._outcome is not None and self._outcome.has_model
        self.notes.visible = bool(self.notes_text.value)

    def _settings(self) -> TrainSettings | None:
        """Return what the fields say about the training; pressing Train says what is wrong with them."""
        try:
            return self.choices.settings()
        except SettingsError:
            return None

    def _mask_settings(self) -> MaskSettings:
        return self.choices.mask_settings(self.sources.meaning.kind_settings())

    def _use_theme(self) -> None:
        self.curves.use_theme(self._viewer.theme)
