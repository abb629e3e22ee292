"""Check training data: what is wrong with images and masks, and a jump to where it is."""

from __future__ import annotations

import napari.viewer
from magicgui.widgets import ComboBox, Container, PushButton, Widget
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.utils.notifications import show_error

from napari_cytounet.errors import CytounetError
from napari_cytounet.quality.checking import CheckResult
from napari_cytounet.quality.findings import Finding
from napari_cytounet.settings import MaskKind, MaskSettings
from napari_cytounet.widgets.checking.finding_list import FindingList
from napari_cytounet.widgets.checking.sources import FolderSource, LayerSource
from napari_cytounet.widgets.jobs import Job
from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.path_field import PathField
from napari_cytounet.widgets.places import show_box
from napari_cytounet.widgets.text import Text, without_options

LAYERS, FOLDERS = "layers", "folders"
START, STOP = "Check", "Stop"
NO_IMAGE = "There is no image layer to check. Open an image, or check folders."
NO_FOLDER = "Choose the folder of the images to check."


class CheckWidget(Container):  # type: ignore[type-arg]
    """Looks for faults in images and masks, and shows them where they are.

    Parameters
    ----------
    viewer
        Where the layers are, and findings are shown.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._job: Job[CheckResult] | None = None
        self._source: LayerSource | FolderSource | None = None
        self._finding: Finding | None = None
        self.source = ComboBox(
            choices=[("layers of this window", LAYERS), ("folders on the disk", FOLDERS)], label="check"
        )
        self.image = LayerChoice(viewer, ImageLayer, "The image.", label="image")
        self.labels_of_image = LayerChoice(
            viewer, Labels, "Its labels, if there are some.", label="labels", nullable=True
        )
        self.images = PathField("images", "Images; or a folder that holds images and masks.")
        self.masks = PathField("masks", "Their masks (optional).", empty="beside the images")
        self.kind = ComboBox(
            choices=[("find out", None), *((kind.value, kind) for kind in MaskKind)],
            label="labels hold",
            nullable=True,
            tooltip="What the values of the masks mean.",
        )
        self.go = PushButton(text=START)
        self.summary = Text("Looks at every image, mask and pair, and says what may be wrong with them.")
        self.list = FindingList()
        self.details = Text()
        self.show_button = PushButton(text="Show it in the viewer")
        tree = Container[Widget](labels=False)
        tree.native.layout().addWidget(self.list)
        tree.margins = (0, 0, 0, 0)
        self.results = Container(widgets=[tree, self.details, self.show_button], labels=False, visible=False)
        self.results.margins = (0, 0, 0, 0)
        super().__init__(
            widgets=[
                Container(
                    widgets=[
                        self.source,
                        self.image,
                        self.labels_of_image,
                        self.images,
                        self.masks,
                        self.kind,
                    ]
                ),
                self.go,
                self.summary,
                self.results,
            ],
            labels=False,
        )
        self.native.layout().addStretch()
        self.source.changed.connect(self._offer_source)
        self.go.clicked.connect(self.check)
        self.list.signals.chosen.connect(self._choose)
        self.list.signals.opened.connect(self.go_to)
        self.show_button.clicked.connect(self._show_chosen)
        self._offer_source()

    def check(self) -> None:
        """Check in a thread, or stop what runs."""
        if self._job is not None:
            self._job.stop()
            return
        source = self._chosen_source()
        if source is None:
            show_error(NO_IMAGE if self.source.value == LAYERS else NO_FOLDER)
            return
        self._source = source
        self._job = Job(
            source.start(MaskSettings(masks=self.kind.value)),
            title="Checking training data",
            owner=self,
            on_result=self.show_result,
            on_end=self._finish,
        )
        self.go.text = STOP
        self._job.start()

    def show_result(self, result: CheckResult) -> None:
        """Show what was found."""
        counts = ", ".join(f"{number} {severity}" for severity, number in result.severities().items())
        looked = f"{result.images} image(s) and {result.masks} mask(s)"
        self.summary.say(f"{looked}: {counts or 'nothing wrong that this check knows of'}.")
        self.list.show_findings(result.findings)
        self.details.say("")
        self._finding = None
        self.results.visible = bool(result.findings)
        self.show_button.enabled = False

    def go_to(self, finding: Finding) -> None:
        """Open what a finding is about, and move there."""
        if self._source is None:
            return
        try:
            layer = self._source.layer_of(self._viewer, finding)
        except CytounetError as error:
            show_error(str(error))
            return
        if layer is None or layer not in self._viewer.layers:
            show_error(f"{finding.where.file} is no single image, or its layer is gone: {finding.advice}")
            return
        self._viewer.layers.selection.active = layer
        show_box(self._viewer, layer, finding.where.plane, finding.where.box)

    def _chosen_source(self) -> LayerSource | FolderSource | None:
        if self.source.value == LAYERS:
            return (
                None
                if self.image.value is None
                else LayerSource(self.image.value, self.labels_of_image.value)
            )
        return None if self.images.path is None else FolderSource(self.images.path, self.masks.path)

    def _choose(self, finding: Finding) -> None:
        self._finding = finding
        self.details.say(
            without_options(f"{finding.where}: {finding.what}\nWhy: {finding.why}\nDo: {finding.advice}")
        )
        self.show_button.enabled = True

    def _show_chosen(self) -> None:
        if self._finding is not None:
            self.go_to(self._finding)

    def _offer_source(self) -> None:
        from_layers = self.source.value == LAYERS
        self.image.visible = self.labels_of_image.visible = from_layers
        self.images.visible = self.masks.visible = not from_layers

    def _finish(self) -> None:
        self._job = None
        self.go.text = START
