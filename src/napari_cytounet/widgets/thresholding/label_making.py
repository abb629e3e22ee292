"""The button that makes labels of what is thresholded, and where they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from magicgui.widgets import CheckBox, Container, PushButton
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer

from napari_cytounet.errors import CytounetError
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.jobs import Job
from napari_cytounet.widgets.text import without_options
from napari_cytounet.widgets.thresholding.job import Labelled, labelling, refuse
from napari_cytounet.widgets.thresholding.labels_result import LabelsResult, Place
from napari_cytounet.widgets.thresholding.source import Source


@dataclass(frozen=True, eq=False)
class Wanted:
    """What labels are to be made of.

    Attributes
    ----------
    layer, source
        The image.
    index
        The plane in sight.
    settings
        How.
    thresholds
        Of that plane, one a class.
    are_found
        Whether other planes have thresholds of their own, which the method of the settings finds.
    """

    layer: ImageLayer
    source: Source
    index: tuple[int, ...]
    settings: ThresholdSettings
    thresholds: tuple[float, ...]
    are_found: bool


class LabelMaking(Container):  # type: ignore[type-arg]
    """Makes labels in a thread, and puts them into a layer.

    Parameters
    ----------
    viewer
        Gets the layer.
    wanted
        Asked what labels are to be made of when the button is pressed; None: of nothing.
    on_made
        Called when there are labels.
    say
        Called with what became of it, in words for the user.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        wanted: Callable[[], Wanted | None],
        on_made: Callable[[], object],
        say: Callable[[str], object],
    ) -> None:
        self._wanted, self._on_made, self._say = wanted, on_made, say
        self._result = LabelsResult(viewer)
        self._job: Job[Labelled] | None = None
        self.all_planes = CheckBox(text="all planes of the stack", visible=False)
        self.same_layer = CheckBox(text="into the same layer", value=True, visible=False)
        self.make = PushButton(text="Make labels")
        self.stop = PushButton(text="Stop", visible=False)
        super().__init__(widgets=[self.all_planes, self.same_layer, self.make, self.stop], labels=False)
        self.margins = (0, 0, 0, 0)
        self.make.clicked.connect(self._begin)
        self.stop.clicked.connect(self._ask_to_stop)

    @property
    def is_busy(self) -> bool:
        """Whether labels are being made."""
        return self._job is not None

    def offer(self, layer: ImageLayer | None, source: Source | None) -> None:
        """Offer the places for the labels of an image that there are."""
        self.all_planes.visible = source is not None and len(source.image.planes) > 1
        before = self._result.made_before(layer, source) if layer is not None and source else None
        self.same_layer.visible = before is not None
        if before is not None:
            self.same_layer.tooltip = f"Write into {before.name}, as one step of undo; else into a new layer."

    def _begin(self) -> None:
        wanted = self._wanted()
        if wanted is None or self._job is not None:
            return
        source, settings = wanted.source, wanted.settings
        every = self.all_planes.value and len(source.image.planes) > 1
        planes = source.image.planes if every else [wanted.index]
        try:
            refuse(source.image, len(planes), settings)
        except CytounetError as error:
            self._say(without_options(str(error)))
            return
        thresholds = None if every and wanted.are_found else wanted.thresholds
        place = self._result.place_for(wanted.layer, source, into_same=self.same_layer.value)
        first = place.first_free_label([source.in_layer(index) for index in planes])
        self.make.visible, self.stop.visible = False, True
        self._job = Job(
            lambda cancel: labelling(source, planes, thresholds, settings, first, cancel),
            title=f"labels of {source.image.name}",
            owner=self,
            on_result=partial(self._take, place),
            on_end=self._end,
        )
        self._job.start()

    def _ask_to_stop(self) -> None:
        if self._job is not None:
            self._job.stop()

    def _take(self, place: Place, labelled: Labelled) -> None:
        self._say(self._result.put(labelled, place))
        self._on_made()

    def _end(self) -> None:
        self._job = None
        self.make.visible, self.stop.visible = True, False
