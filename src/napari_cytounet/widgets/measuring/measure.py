"""The widget that measures objects: a table tied to a labels layer."""

from __future__ import annotations

from functools import partial
from typing import Any

import napari.viewer
from magicgui.widgets import CheckBox, ComboBox, Container, PushButton, Widget
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer
from napari.utils.notifications import show_error, show_info

from napari_cytounet.errors import CytounetError
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.jobs import Job
from napari_cytounet.widgets.label_watch import LabelWatch
from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.layer_parts import first_plane, shown_plane
from napari_cytounet.widgets.layers import image_of_layer, image_opener
from napari_cytounet.widgets.measuring.area_texts import MOST_TEXTS, AreaTexts
from napari_cytounet.widgets.measuring.colouring import ObjectColours
from napari_cytounet.widgets.measuring.features import features_with
from napari_cytounet.widgets.measuring.histogram import ObjectHistogram
from napari_cytounet.widgets.measuring.link import ObjectLink
from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements, measuring_planes
from napari_cytounet.widgets.measuring.scatter import ObjectScatter
from napari_cytounet.widgets.measuring.table import ObjectTable
from napari_cytounet.widgets.measuring.table_file import ask_path, write_columns
from napari_cytounet.widgets.measuring.texts import summary, units
from napari_cytounet.widgets.object_classes import classes_in
from napari_cytounet.widgets.text import Text

LEAST_WIDTH = 300
"""Pixels: two columns of the table and the titles can be read."""

SHOWN, ALL = "the one that is shown", "all"
START, STOP = "Measure objects", "Stop"
NO_LABELS = (
    "There is no labels layer to measure. Threshold or predict an image, or paint objects into a new labels "
    "layer."
)
OUT_OF_DATE = "Out of date: the labels changed since they were measured. Measure them again."
REMOVED = "The layer was removed. Its table stays here, and can be saved."


class MeasureWidget(Container):  # type: ignore[type-arg]
    """Measures the objects of a labels layer into a table.

    Parameters
    ----------
    viewer
        Where the layers are.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._job: Job[ObjectMeasurements] | None = None
        self._layer: Labels | None = None
        self._measured: ObjectMeasurements | None = None
        self._link: ObjectLink | None = None
        self._watch: LabelWatch | None = None
        self._texts = AreaTexts(viewer)

        self.objects = LayerChoice(viewer, Labels, "Labels: each is an object.", label="objects in")
        self.intensities = LayerChoice(
            viewer,
            ImageLayer,
            "An image of the same size, whose intensities are measured inside the objects.",
            label="intensities of",
            nullable=True,
        )
        self.planes = ComboBox(choices=[SHOWN, ALL], label="planes")
        self.go = PushButton(
            text=START,
            tooltip="The features of the layer get the measurements too, in place of earlier ones.",
        )
        self.summary = Text("Area, shape and place of every object, and its intensity in an image.")
        self.warning = Text()
        self.warning.native.setStyleSheet("font-weight: bold")
        self.table = ObjectTable()
        self.areas = CheckBox(text="Write areas on the objects")
        self.alone = CheckBox(text="Show the selected object only")
        self.colours = ObjectColours()
        self.histogram = ObjectHistogram(viewer)
        self.scatter = ObjectScatter(viewer)
        self.save = PushButton(text="Save table as CSV…")
        table = Container[Widget](labels=False)
        table.native.layout().addWidget(self.table)
        table.margins = (0, 0, 0, 0)
        self.results = Container(
            widgets=[
                table,
                self.colours,
                self.areas,
                self.alone,
                Folded("Histogram", [self.histogram]),
                Folded("Scatter plot", [self.scatter]),
                self.save,
            ],
            labels=False,
            visible=False,
        )
        self.results.margins = (0, 0, 0, 0)
        chosen: Container[Widget] = Container(widgets=[self.objects, self.intensities, self.planes])
        chosen.margins = (0, 0, 0, 0)
        super().__init__(
            widgets=[
                chosen,
                self.go,
                self.warning,
                self.summary,
                self.results,
            ],
            labels=False,
        )
        self.results.native.layout().setStretchFactor(table.native, 1)
        self.native.layout().setStretchFactor(self.results.native, 1)
        self.native.layout().addStretch()
        self.native.setMinimumWidth(LEAST_WIDTH)
        self._connect()
        self._begin_with_the_selected_layer()

    def _connect(self) -> None:
        self.objects.changed.connect(self._offer_planes)
        self.go.clicked.connect(self.measure)
        self.areas.changed.connect(self.draw_areas)
        self.alone.changed.connect(self.show_alone)
        self.save.clicked.connect(self.save_as)
        self.table.chosen.connect(self.point_out)
        self.table.opened.connect(self.go_to)
        self.table.moved.connect(self.scatter.mark)
        self.scatter.picked.connect(self.pick)
        self._viewer.layers.events.removed.connect(self._lose)
        self.native.destroyed.connect(self._close)

    def measure(self) -> None:
        """Measure the objects of the chosen layer in a thread, or stop what runs."""
        if self._job is not None:
            self._job.stop()
            return
        layer = self.objects.value
        if layer is None:
            show_error(NO_LABELS)
            return
        try:
            image = image_of_layer(layer)
            everything = self.planes.value == ALL
            planes = image.planes if everything else shown_plane(self._viewer, layer).planes
            opener = None if self.intensities.value is None else image_opener(self.intensities.value)
        except CytounetError as error:
            show_error(str(error))
            return
        classes, first = classes_in(layer.features), first_plane(layer)
        self._job = Job(
            lambda cancel: measuring_planes(
                image, planes, opener=opener, classes=classes, first_plane=first, cancel=cancel
            ),
            title=f"Measuring {layer.name}",
            owner=self,
            on_result=partial(self.show_objects, layer, image),
            on_end=self._finish,
        )
        self.go.text = STOP
        self._job.start()

    def show_objects(self, layer: Labels, image: Image, measured: ObjectMeasurements) -> None:
        """Show the objects of a layer in place of those that were shown before."""
        self._untie()
        self._measured = measured
        self.table.show_objects(measured)
        self.histogram.show_columns(measured.columns, measured.area_column)
        self.scatter.show_columns(measured.columns, measured.area_column)
        self.summary.say("\n".join([summary(measured), units(measured), *measured.notes]))
        self.results.visible = True
        if layer not in self._viewer.layers:
            self.colours.show_columns(measured.columns, None)
            self.warning.say(REMOVED)
            return
        self.warning.say("")
        self._layer = layer
        features = features_with(layer.features, measured)
        if features is not None:
            layer.features = features
        # A label that stands for several objects has no one colour.
        self.colours.show_columns(measured.columns, None if features is None else layer)
        self._link = ObjectLink(self._viewer, layer, measured, self.table)
        self._watch = LabelWatch(
            self._viewer, layer, image, measured.checksums, partial(self.warning.say, OUT_OF_DATE)
        )
        self.draw_areas()
        if self.alone.value:
            self.show_alone()

    def draw_areas(self) -> None:
        """Write the areas on the objects, or take them away."""
        if self.areas.value and self._layer is not None and self._measured is not None:
            self._texts.draw(self._layer, self._measured)
            if self._measured.count > MOST_TEXTS:
                show_info(f"Of {self._measured.count:,} objects the first {MOST_TEXTS:,} show their area.")
        else:
            self._texts.remove()

    def show_alone(self) -> None:
        """Hide all objects but the selected one, or show them all."""
        if self._layer is not None:
            self._layer.show_selected_label = self.alone.value

    def save_as(self) -> None:
        """Ask for a file, and write the table into it with its rows as they stand."""
        if self._measured is None:
            return
        path = ask_path(self.native, f"{self._measured.name}.csv")
        if path is None:
            return
        try:
            write_columns(path, self.table.rows(self._measured.columns))
        except CytounetError as error:
            show_error(str(error))
            return
        show_info(f"{self._measured.count} objects of {self._measured.name} are saved in {path}.")

    def point_out(self, number: int) -> None:
        """Highlight an object."""
        if self._link is not None:
            self._link.point_out(number)

    def pick(self, number: int) -> None:
        """Select an object that was picked in a plot: its row, and in the image."""
        self.table.follow(number)
        self.point_out(number)

    def go_to(self, number: int) -> None:
        """Move the camera to an object."""
        if self._link is not None:
            self._link.go_to(number)

    def _begin_with_the_selected_layer(self) -> None:
        active = self._viewer.layers.selection.active
        if isinstance(active, Labels):
            self.objects.value = active
        self._offer_planes()

    def _offer_planes(self) -> None:
        layer = self.objects.value
        self.planes.visible = layer is not None and layer.ndim > 2

    def _finish(self) -> None:
        self._job = None
        self.go.text = START

    def _lose(self, event: Any) -> None:
        """Go on without a layer that was removed."""
        removed: Layer = event.value
        if removed is self._texts.layer:
            self.areas.value = False
        if removed is self._layer:
            self._untie()
            self.warning.say(REMOVED)

    def _untie(self) -> None:
        """Leave the layer that was measured alone."""
        self._let_go_of_events()
        self._texts.remove()
        self.colours.let_go()
        if self._layer is not None and self.alone.value:
            self._layer.show_selected_label = False
        self._layer = self._link = self._watch = None

    def _let_go_of_events(self) -> None:
        if self._link is not None:
            self._link.cut()
        if self._watch is not None:
            self._watch.end()

    def _close(self, *_: object) -> None:
        self._viewer.layers.events.removed.disconnect(self._lose)
        self._let_go_of_events()
