"""The live preview: it reads what is in sight, compares at once, and cleans a moment later."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_cytounet.errors import ImageError
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.layer_parts import ImagePart
from napari_cytounet.widgets.sight import Sight
from napari_cytounet.widgets.thresholding.field import Field, found_thresholds, part_in_sight, read_field
from napari_cytounet.widgets.thresholding.job import Cleaned, clean
from napari_cytounet.widgets.thresholding.preview import ThresholdPreview
from napari_cytounet.widgets.thresholding.source import Source

PAUSE_MS = 300
"""Cleaning and counting begin so long after the last change of a threshold."""

Thresholds = tuple[float, ...]


class LivePreview:
    """Shows in the viewer what a threshold would make of the layer.

    Comparing with a threshold takes milliseconds and is done at once, on the main thread. All else (reading,
    looking for a threshold, cleaning, counting) is done in threads, of which only the latest result counts.

    Parameters
    ----------
    viewer
        Shows the layer and gets the preview.
    parent
        The widget that it belongs to.
    """

    field_read = Signal(object)
    """A `Field`: something else is in sight."""
    found = Signal(object)
    """The thresholds that a method found in the plane in sight."""
    counted = Signal(object)
    """The number of objects in sight; None where that is too much to be counted."""
    failed = Signal(str)
    """Why there is nothing to show."""
    replaced = Signal()
    """The layer has got other data."""

    def __init__(self, viewer: ViewerModel, parent: QWidget) -> None:
        self._viewer = viewer
        self._layer: ImageLayer | None = None
        self._source: Source | None = None
        self._settings = ThresholdSettings()
        self._given: Thresholds | None = None
        self._thresholds: Thresholds = ()
        self._known: dict[tuple[tuple[int, ...], str], Thresholds] = {}
        self._is_on = True
        self.field: Field | None = None
        self.preview = ThresholdPreview(viewer)
        self._reading = Latest(self._take_field, self._fail)
        self._cleaning = Latest(self._take_cleaned, self._fail)
        self._sight = Sight(viewer, parent)
        self._sight.moved.connect(self._forget_field)
        self._sight.settled.connect(self._look)
        self._sight.replaced.connect(self.replaced.emit)
        self._pause = QTimer(parent)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._clean)

    @property
    def is_busy(self) -> bool:
        """Whether something is still to come."""
        timers = self._pause.isActive() or self._sight.is_settling
        return timers or self._reading.is_busy or self._cleaning.is_busy

    def begin(
        self, layer: ImageLayer, source: Source, settings: ThresholdSettings, given: Thresholds | None
    ) -> None:
        """Preview another layer: see `use`."""
        self.end()
        self._layer, self._source = layer, source
        self._sight.watch(layer)
        self.use(settings, given)

    def end(self) -> None:
        """Preview nothing."""
        self._sight.watch(None)
        self._forget_field()
        self.preview.remove()
        self._known.clear()
        self._layer = self._source = None

    def rest(self) -> None:
        """Show nothing until something changes."""
        self._cleaning.forget()
        self._pause.stop()
        self.preview.hide()

    def leave(self) -> None:
        """Follow the viewer no longer: the widget, and our timers with it, are gone."""
        self._reading.forget()
        self._cleaning.forget()
        self._sight.leave()

    def turn(self, *, on: bool) -> None:
        """Show the preview, or do not; objects are counted in any case."""
        self._is_on = on
        if on:
            self._compare()
        else:
            self.preview.remove()

    def use(self, settings: ThresholdSettings, given: Thresholds | None) -> None:
        """Threshold and clean in another way.

        Parameters
        ----------
        settings
            How.
        given
            The threshold of each class; None: they are found in each plane by the method of the settings.
        """
        still_found = given is None and self._given is None and settings.method == self._settings.method
        self._settings, self._given = settings, given
        if self.field is None or (given is None and not still_found):
            self._look()
            return
        if given is not None:
            self._thresholds = given
        self._compare()

    def _look(self) -> None:
        """Read what is in sight."""
        if self._layer is None or self._source is None:
            return
        try:
            part = part_in_sight(self._viewer, self._layer, self._source)
        except ImageError as error:
            self._fail(str(error))
            return
        known = self._given or self._known.get((part.planes[0], self._settings.method))
        self._reading.ask(partial(_read, self._source, part, self._settings, known))

    def _take_field(self, read: tuple[Field, Thresholds]) -> None:
        self.field, self._thresholds = read
        self.field_read.emit(self.field)
        if self._given is None:
            self._known[self.field.index, self._settings.method] = self._thresholds
            self.found.emit(self._thresholds)
        self._compare()

    def _compare(self) -> None:
        """Show which pixels reach the threshold: this has to keep up with the hand."""
        if self.field is None:
            return
        self._cleaning.forget()
        self._pause.start()
        if self._is_on:
            from napari_cytounet.segmentation.segmenting import classify  # here: it was loaded with the field

            self._show(classify(self.field.pixels, self._thresholds, self._settings))

    def _clean(self) -> None:
        """Do what takes longer, now that the hand rests."""
        if self.field is None:
            return
        if self.field.every_pixel:
            self._cleaning.ask(partial(clean, self.field, self._thresholds, self._settings))
        else:
            self.counted.emit(None)

    def _take_cleaned(self, cleaned: Cleaned) -> None:
        if self._is_on:
            self._show(cleaned.classes)
        self.counted.emit(cleaned.count)

    def _show(self, classes: NDArray[Any]) -> None:
        if self._layer is not None and self._source is not None and self.field is not None:
            self.preview.show(self._layer, self.field.part, self._source.colours, classes)

    def _forget_field(self) -> None:
        """Show nothing until what is in sight now was read."""
        self._reading.forget()
        self.rest()
        self.field = None

    def _fail(self, why: str) -> None:
        self._forget_field()
        self.failed.emit(why)


def _read(
    source: Source,
    part: ImagePart,
    settings: ThresholdSettings,
    known: Thresholds | None,
    cancel: threading.Event,
) -> tuple[Field, Thresholds]:
    """Read a part of an image, and find the thresholds of its plane if they are not known."""
    field = read_field(source, part, cancel)
    return field, known or found_thresholds(source, field, settings, cancel)
