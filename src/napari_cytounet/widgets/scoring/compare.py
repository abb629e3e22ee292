"""Compare with truth: how good labels are, and a way through the objects that went wrong."""

from __future__ import annotations

from functools import partial
from typing import Any

import napari.viewer
from magicgui.widgets import Container, PushButton, Widget
from napari.layers import Labels
from napari.utils.notifications import show_error

from napari_cytounet.errors import CytounetError
from napari_cytounet.widgets.jobs import Job
from napari_cytounet.widgets.label_watch import LabelWatch
from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.layer_parts import first_plane
from napari_cytounet.widgets.layers import image_of_layer, said_kind
from napari_cytounet.widgets.places import show_box
from napari_cytounet.widgets.scoring.comparison import (
    LabelsToCompare,
    ObjectComparison,
    comparing_planes,
)
from napari_cytounet.widgets.scoring.error_list import ErrorList
from napari_cytounet.widgets.scoring.summary import summary
from napari_cytounet.widgets.text import Text

START, STOP = "Compare", "Stop"
TWO_NEEDED = "There must be two labels layers: what was found, and the truth. Open or paint the other one."
OUT_OF_DATE = "Out of date: the labels changed since. Compare again."
HOW_TO = "Click an error, or go down the list with the arrow keys: the viewer moves there."
LEAST_WIDTH = 350
"""Pixels: the title of the dock, and the columns of the list, can be read."""


class CompareWidget(Container):  # type: ignore[type-arg]
    """Compares the objects of a labels layer with true ones, and shows each that went wrong.

    Parameters
    ----------
    viewer
        Where the layers are.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._job: Job[ObjectComparison] | None = None
        self._layers: tuple[Labels, Labels] | None = None
        self._compared: ObjectComparison | None = None
        self._watches: list[LabelWatch] = []
        self.found = LayerChoice(viewer, Labels, "What a model or a threshold found.", label="compare")
        self.truth = LayerChoice(viewer, Labels, "What is true: drawn or checked by a person.", label="with")
        self.go = PushButton(text=START)
        self.warning = Text()
        self.warning.native.setStyleSheet("font-weight: bold")
        self.summary = Text("Scores of pixels and objects, and every object that is merged, split or missed.")
        self.list = ErrorList()
        self.note = Text()
        tree = Container[Widget](labels=False)
        tree.native.layout().addWidget(self.list.native)
        self.results = Container(widgets=[self.note, tree], labels=False, visible=False)
        layers: Container[Widget] = Container(widgets=[self.found, self.truth])
        for part in (tree, self.results, layers):
            part.margins = (0, 0, 0, 0)
        super().__init__(widgets=[layers, self.go, self.warning, self.summary, self.results], labels=False)
        self.results.native.layout().setStretchFactor(tree.native, 1)
        self.native.layout().setStretchFactor(self.results.native, 1)
        self.native.layout().addStretch()
        self.native.setMinimumWidth(LEAST_WIDTH)
        self.go.clicked.connect(self.compare)
        self.list.chosen.connect(self.go_to)
        self._viewer.layers.events.removed.connect(self._lose)
        self.native.destroyed.connect(self._close)
        self._propose_layers()

    def compare(self) -> None:
        """Compare in a thread, or stop what runs."""
        if self._job is not None:
            self._job.stop()
            return
        found, truth = self.found.value, self.truth.value
        if found is None or truth is None or found == truth:
            show_error(TWO_NEEDED)
            return
        try:
            labels, true_labels = _to_compare(found), _to_compare(truth)
        except CytounetError as error:
            show_error(str(error))
            return
        self._job = Job(
            partial(comparing_planes, labels, true_labels),
            title=f"Comparing {found.name} with {truth.name}",
            owner=self,
            on_result=partial(self.show_comparison, found, truth),
            on_end=self._finish,
        )
        self.go.text = STOP
        self._job.start()

    def show_comparison(self, found: Labels, truth: Labels, compared: ObjectComparison) -> None:
        """Show what came of a comparison in place of the one before."""
        self._forget()
        self._compared = compared
        self.summary.say(summary(compared))
        self.list.show_errors([error for _, error in compared.errors])
        self.results.visible = bool(compared.errors)
        self.note.say(HOW_TO)
        self.warning.say("")
        if found in self._viewer.layers and truth in self._viewer.layers:
            self._layers = found, truth
            out_of_date = partial(self.warning.say, OUT_OF_DATE)
            self._watches = [
                LabelWatch(self._viewer, layer, image_of_layer(layer), checksums, out_of_date)
                for layer, checksums in zip(self._layers, compared.checksums, strict=True)
            ]

    def go_to(self, number: int) -> None:
        """Show an error: the camera moves there, and the objects that take part are selected."""
        if self._compared is None or self._layers is None:
            return
        plane, error = self._compared.errors[number]
        top, left, bottom, right = error.box
        found, _ = self._layers
        show_box(self._viewer, found, plane, (top, left, bottom + 1, right + 1))
        told, parts = self._compared.told_by_values, (error.predicted_labels, error.true_labels)
        for layer, by_value, labels in zip(self._layers, told, parts, strict=True):
            if by_value and labels:
                layer.selected_label = labels[0]
        self._viewer.layers.selection.active = found

    def _propose_layers(self) -> None:
        """Begin with the selected labels as what was found, and others as the truth."""
        active = self._viewer.layers.selection.active
        if active in self.found.choices:
            self.found.value = active
        others = [layer for layer in self.truth.choices if layer != self.found.value]
        if others:
            self.truth.value = others[0]

    def _finish(self) -> None:
        self._job = None
        self.go.text = START

    def _lose(self, event: Any) -> None:
        """Go nowhere in layers that are gone."""
        if self._layers is not None and event.value in self._layers:
            self._forget()
            self.note.say(f"{event.value.name} was removed: the list leads nowhere any more.")

    def _forget(self) -> None:
        for watch in self._watches:
            watch.end()
        self._watches = []
        self._layers = self._compared = None

    def _close(self, *_: object) -> None:
        self._viewer.layers.events.removed.disconnect(self._lose)
        self._forget()


def _to_compare(layer: Labels) -> LabelsToCompare:
    return LabelsToCompare(
        image_of_layer(layer),
        is_class_map=said_kind(layer) == "classes",
        first_plane=first_plane(layer),
    )
