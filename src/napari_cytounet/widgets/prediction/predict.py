"""The widget that applies a model: to a layer, to a part of it, or to a folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import napari.viewer
from magicgui.widgets import ProgressBar, PushButton
from napari.utils.notifications import show_error, show_info

from napari_cytounet.errors import CytounetError, PredictionError
from napari_cytounet.events import Event, Notice, Progress, TileDone
from napari_cytounet.widgets.jobs import Job, Result, Start
from napari_cytounet.widgets.layers import image_opener
from napari_cytounet.widgets.model_choice import ChosenModel, model_choice
from napari_cytounet.widgets.prediction.arrays import ResultArrays
from napari_cytounet.widgets.prediction.job import (
    FolderPrediction,
    LayerPrediction,
    Method,
    ObjectsFound,
    predicting_folder,
    predicting_layer,
)
from napari_cytounet.widgets.prediction.layer_making import LayerMaking
from napari_cytounet.widgets.prediction.model_panel import ModelPanel
from napari_cytounet.widgets.prediction.result_layers import PredictionLayers
from napari_cytounet.widgets.prediction.target import PredictionTarget, check_layer
from napari_cytounet.widgets.prediction.wishes import PredictionWishes
from napari_cytounet.widgets.preferences import device_settings
from napari_cytounet.widgets.scrolled import Scrolled
from napari_cytounet.widgets.text import Text, without_options


class PredictWidget(Scrolled):
    """Predict with U-Net.

    Parameters
    ----------
    viewer
        Whose layers are predicted, and which gets the results.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._job: Job[Any] | None = None
        self._layers: PredictionLayers | None = None
        self._last: PredictionLayers | None = None
        self.models = ModelPanel()
        self.target = PredictionTarget(viewer)
        self.wishes = PredictionWishes()
        self.misfit = Text()
        self.predict = PushButton(text="Predict")
        self.stop = PushButton(text="Stop", tooltip="What is predicted so far stays.", visible=False)
        self.progress = ProgressBar(min=0, max=100, visible=False)
        self.status = Text()
        super().__init__(
            [
                self.models,
                self.target,
                self.wishes,
                self.misfit,
                self.predict,
                self.stop,
                self.progress,
                self.status,
            ]
        )
        self.predict.clicked.connect(self.start)
        self.stop.clicked.connect(self.ask_to_stop)
        self.target.changed.connect(self._say_what_does_not_fit)
        model_choice.changed.connect(self._say_what_does_not_fit)
        self.native.destroyed.connect(self._leave)
        self._say_what_does_not_fit()

    @property
    def is_busy(self) -> bool:
        """Whether a prediction runs."""
        return self._job is not None

    def reset_choices(self, *_: Any) -> None:
        """Look anew at the layers that there are."""
        super().reset_choices()
        self._say_what_does_not_fit()

    def start(self) -> None:
        """Predict what is chosen."""
        try:
            self._job = self._folder_job() if self.target.is_folder else self._layer_job()
        except CytounetError as error:
            show_error(without_options(str(error)))
            return
        self._show_busy(busy=True)
        self.status.say("Starting: the first time this takes some seconds.")
        self._job.start()

    def ask_to_stop(self) -> None:
        """End the prediction after the tile that is being computed."""
        if self._job is not None:
            self._job.stop()
            self.status.say("Stopping after this tile.")

    def _layer_job(self) -> Job[LayerPrediction]:
        card, method = _chosen_model().card, self._method()
        layer = self.target.chosen_layer()
        check_layer(card, layer)
        part = self.target.part()
        arrays = ResultArrays.empty(part, len(card.classes), method.settings.output)
        making = LayerMaking(self._viewer, layer, part, card, arrays)
        self._layers = PredictionLayers(self._viewer, making, self.native)
        return self._new_job(
            f"Predicting {layer.name}",
            partial(predicting_layer, method, image_opener(layer), part, arrays),
            self._tell_layer,
        )

    def _folder_job(self) -> Job[FolderPrediction]:
        folder, out = self.target.folders()
        method = self._method(**self.target.again.settings().model_dump(exclude_unset=True))
        return self._new_job(
            f"Predicting {folder.name}", partial(predicting_folder, method, folder, out), self._tell_folder
        )

    def _method(self, **others: Any) -> Method:
        settings = self.wishes.prediction(**others)
        return Method(_chosen_model().path, settings, self.wishes.threshold(), device_settings())

    def _new_job(
        self, title: str, start: Start[Result], on_result: Callable[[Result], object]
    ) -> Job[Result]:
        return Job(
            start, title=title, owner=self, on_event=self._follow, on_result=on_result, on_end=self._end
        )

    def _follow(self, event: Event) -> None:
        match event:
            case Notice(text=text):
                show_info(text)
            case TileDone(name=what, done=done, total=total) | Progress(what=what, done=done, total=total):
                self.progress.value = round(100 * done / total)
                self.status.say(f"Working on {what}.")
        if self._layers is not None:
            self._fill(self._layers, event)

    def _fill(self, layers: PredictionLayers, event: Event) -> None:
        """Show the tiles of a layer that are there."""
        if isinstance(event, Progress) and event.done > 0 and not layers.are_shown:
            if self.wishes.replace.value and self._last is not None:
                self._last.remove()
            layers.show()
        if isinstance(event, ObjectsFound):
            layers.add_objects(event)
        layers.draw()
        if layers.are_gone and self._job is not None:
            self._job.stop()

    def _tell_layer(self, result: LayerPrediction) -> None:
        planes = "plane" if result.planes == 1 else "planes"
        found = "" if result.objects is None else f", {result.objects} objects"
        told = f"{result.planes} {planes}{found}."
        self.status.say(
            f"Stopped; what is there stays. Finished: {told}" if result.stopped else f"Done: {told}"
        )

    def _tell_folder(self, result: FolderPrediction) -> None:
        told = f"{result.images} images, results in {result.out}."
        self.status.say(f"Stopped; finished: {told}" if result.stopped else f"Done: {told}")

    def _end(self) -> None:
        """Give back the button once all layers are there, whatever the prediction ended with."""
        layers, self._layers = self._layers, None
        if layers is not None and layers.are_shown:
            self._last = layers
            layers.finish(self._rest)
        else:
            self._rest()

    def _rest(self) -> None:
        self._job = None
        self._show_busy(busy=False)

    def _show_busy(self, *, busy: bool) -> None:
        self.predict.visible = not busy
        self.stop.visible = self.progress.visible = busy
        self.progress.value = 0
        self.target.enabled = self.models.enabled = self.wishes.enabled = not busy

    def _say_what_does_not_fit(self, *_: object) -> None:
        """Tell before the button is pressed why the layer cannot be predicted with the model."""
        model, layer = model_choice.chosen, self.target.layer
        if model is None or layer is None or self.target.is_folder:
            self.misfit.say("")
            return
        try:
            check_layer(model.card, layer)
        except CytounetError as error:
            self.misfit.say(without_options(str(error)))
        else:
            self.misfit.say("")

    def _leave(self, *_: object) -> None:
        model_choice.changed.disconnect(self._say_what_does_not_fit)


def _chosen_model() -> ChosenModel:
    if model_choice.chosen is None:
        raise PredictionError(
            "There is no model to predict with. Train one (Layers > Segment > Train U-Net), or open the "
            "file of one above."
        )
    return model_choice.chosen
