"""The widget that turns an image or probabilities into labels by a threshold."""

from __future__ import annotations

import math
from typing import Any

from magicgui.widgets import CheckBox, Container
from napari.layers import Image as ImageLayer
from napari.viewer import Viewer

from napari_cytounet.errors import CytounetError
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.scrolled import Scrolled
from napari_cytounet.widgets.sight import Visibility
from napari_cytounet.widgets.text import Text, without_options
from napari_cytounet.widgets.thresholding.field import Field
from napari_cytounet.widgets.thresholding.form import ThresholdForm
from napari_cytounet.widgets.thresholding.histogram import ThresholdHistogram
from napari_cytounet.widgets.thresholding.label_making import LabelMaking, Wanted
from napari_cytounet.widgets.thresholding.live import LivePreview, Thresholds
from napari_cytounet.widgets.thresholding.sliders import ThresholdSliders
from napari_cytounet.widgets.thresholding.source import Source, source_of
from napari_cytounet.widgets.thresholding.texts import UNDO, counted, no_image, not_found


class ThresholdWidget(Scrolled):
    """Threshold to labels.

    Parameters
    ----------
    napari_viewer
        Whose images are thresholded, and which gets the labels.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self._source: Source | None = None
        self._thresholds: Thresholds = ()
        self._range: tuple[float, float] | None = None
        self._is_hidden = False
        self.layer = LayerChoice(napari_viewer, ImageLayer, "What is thresholded.", label="image")
        self.histogram = ThresholdHistogram(napari_viewer, self._on_move)
        self.sliders = ThresholdSliders(self._on_move)
        self.form = ThresholdForm(self._on_method, self._on_cleaning)
        self.preview = CheckBox(value=True, text="preview", tooltip="Show what the threshold makes.")
        self.status = Text()
        self.making = LabelMaking(napari_viewer, self._wanted, self._on_made, self.status.say)
        chosen = Container(widgets=[self.layer])
        self._controls = Container(widgets=[self.sliders, self.form, self.preview], labels=False)
        for part in (chosen, self._controls):
            part.margins = (0, 0, 0, 0)
        super().__init__([chosen, self._controls, self.status, self.making, Text(UNDO)])
        self._controls.native.layout().insertWidget(0, self.histogram)
        self._live = LivePreview(napari_viewer, self.native)
        self._connect()
        self._choose_active()
        self._begin()

    @property
    def has_settled(self) -> bool:
        """Whether everything is shown that is going to be shown, and no labels are being made."""
        return not self._live.is_busy and not self.making.is_busy

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; the layer that is chosen stays chosen."""
        chosen = self.layer.value
        with self.layer.changed.blocked():
            super().reset_choices()
        if self.layer.value is not chosen or chosen is None:
            self._begin()

    def _connect(self) -> None:
        self.layer.changed.connect(self._begin)
        self.preview.changed.connect(self._on_preview)
        self._live.field_read.connect(self._on_field)
        self._live.found.connect(self._on_found)
        self._live.counted.connect(self._on_counted)
        self._live.failed.connect(self._refuse)
        self._live.replaced.connect(self._begin)
        self._viewer.layers.events.inserted.connect(self._on_layers)
        self._viewer.layers.events.removed.connect(self._on_layers)
        Visibility(self.native, on_show=self._wake, on_hide=self._sleep)
        self.native.destroyed.connect(self._leave)

    def _choose_active(self) -> None:
        active = self._viewer.layers.selection.active
        with self.layer.changed.blocked():
            for layer in self.layer.choices:
                if layer == active:
                    self.layer.value = layer

    def _on_layers(self, _event: Any = None) -> None:
        self.reset_choices()
        if self._live.preview.was_taken_away:
            self.preview.value = False
        self.making.offer(self.layer.value, self._source)

    def _begin(self) -> None:
        """Look at the layer that is chosen."""
        layer = self.layer.value
        self._source, self._range, self._thresholds = None, None, ()
        self._live.end()
        try:
            self._source = source_of(layer) if layer is not None else None
        except CytounetError as error:
            self._refuse(str(error))
        self.making.offer(layer, self._source)
        if layer is None:
            self._refuse(no_image(self._viewer.layers))
        if self._source is not None:
            self.form.offer(self._source)
            self.sliders.offer(self._source.classes, self._source.colours)
            self._preview()

    def _preview(self) -> None:
        """Preview what is thresholded, as long as the widget is in sight itself."""
        if self._source is not None and not self._is_hidden:
            self._live.begin(self.layer.value, self._source, self._settings(), self._given())

    def _refuse(self, why: str) -> None:
        """Say why nothing can be done."""
        self.status.say(without_options(why))
        self.histogram.clear()
        self._controls.enabled = self.making.enabled = False

    def _settings(self) -> ThresholdSettings:
        return self.form.settings(self._thresholds[0] if self._thresholds else 0.0)

    def _given(self) -> Thresholds | None:
        """Return the thresholds that need not be looked for in every plane."""
        match self.form.method.value:
            case "calibrated":
                return self._source.calibrated if self._source else None
            case "fixed":
                return self._thresholds
        return None

    def _on_method(self) -> None:
        given = self._given()
        if given is not None:
            self._show_thresholds(given)
        self._live.use(self._settings(), given)

    def _on_cleaning(self) -> None:
        self._live.use(self._settings(), self._given())

    def _on_preview(self, on: bool) -> None:
        self._live.turn(on=on)

    def _on_move(self, number: int, threshold: float) -> None:
        """Take a threshold that the user set by hand."""
        if self._live.field is None or not self._thresholds:
            return
        moved = list(self._thresholds)
        moved[number] = threshold
        self.form.choose_by_hand()
        self._show_thresholds(tuple(moved))
        self._live.use(self._settings(), self._thresholds)

    def _on_field(self, field: Field) -> None:
        low, high = self._range or (field.low, field.high)
        self._range = min(low, field.low), max(high, field.high)
        self._controls.enabled = self.making.enabled = True
        self.sliders.set_range(*self._range, whole_numbers=field.pixels.dtype.kind in "ui")
        if self._source is not None:
            self.histogram.show_field(field, self._source.colours)
        given = self._given()
        if given is not None:
            self._show_thresholds(given)

    def _on_found(self, thresholds: Thresholds) -> None:
        if any(map(math.isnan, thresholds)):
            self._thresholds = thresholds
            self.status.say(not_found(self.form.method.value))
        else:
            self._show_thresholds(thresholds)

    def _show_thresholds(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self.sliders.show_thresholds(thresholds)
        self.histogram.show_thresholds(thresholds)

    def _on_counted(self, count: int | None) -> None:
        field = self._live.field
        if not any(map(math.isnan, self._thresholds)):
            self.status.say(counted(count, whole=field is not None and field.whole))

    def _wanted(self) -> Wanted | None:
        field = self._live.field
        if self._source is None or field is None:
            return None
        return Wanted(
            self.layer.value,
            self._source,
            field.index,
            self._settings(),
            self._thresholds,
            are_found=self._given() is None,
        )

    def _on_made(self) -> None:
        self._live.rest()
        self.making.offer(self.layer.value, self._source)

    def _sleep(self) -> None:
        """Leave no preview behind while the widget is out of sight."""
        self._is_hidden = True
        self._live.end()

    def _wake(self) -> None:
        self._is_hidden = False
        self._preview()

    def _leave(self, *_: Any) -> None:
        """Follow the viewer no longer: the widget is gone."""
        self._live.leave()
        self.histogram.leave()
        self._viewer.layers.events.inserted.disconnect(self._on_layers)
        self._viewer.layers.events.removed.disconnect(self._on_layers)
