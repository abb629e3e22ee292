"""Where the images and labels for a training come from: layers or folders, and what the labels mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from magicgui.widgets import ComboBox, Container
from napari.layers import Labels as LabelsLayer
from napari.viewer import Viewer
from qtpy.QtCore import QTimer

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import MaskSettings
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.training.folders import TrainingFolders
from napari_cytounet.widgets.training.labels_meaning import LabelsMeaning
from napari_cytounet.widgets.training.layer_pairs import LayerPairs
from napari_cytounet.widgets.training.look import Look, look_at_folders, look_at_layers

LAYERS, FOLDERS = "layers", "folders"

PAUSE_MS = 400
PAINTED_PAUSE_MS = 1500
"""How long a hand must rest, on the fields and on the brush, before the labels are looked at."""

NO_LABELS = (
    "There is no labels layer. Make one (the tag above the layer list) and paint the objects of an image; or "
    "open masks and convert them: right-click on their layer, Convert to Labels."
)
NO_IMAGE = "There is no image layer. Open an image, or learn from folders."


class TrainingSources(Container):  # type: ignore[type-arg]
    """Layers or folders, and below them what a look at the labels found.

    Parameters
    ----------
    viewer
        Whose layers can be chosen.
    mask_settings
        Returns what else was set about masks.
    """

    def __init__(self, viewer: Viewer, mask_settings: Callable[[], MaskSettings]) -> None:
        self._viewer, self._mask_settings = viewer, mask_settings
        self.source = ComboBox(
            choices=[("layers of this window", LAYERS), ("folders on the disk", FOLDERS)],
            value=LAYERS,
            label="learn from",
        )
        source: Container[ComboBox] = Container(widgets=[self.source])
        source.margins = (0, 0, 0, 0)
        self.pairs = LayerPairs(viewer)
        self.folders = TrainingFolders()
        self.meaning = LabelsMeaning()
        super().__init__(widgets=[source, self.pairs, self.folders, self.meaning], labels=False)
        self.margins = (0, 0, 0, 0)
        self._watched: list[LabelsLayer] = []
        self._looking: Latest[Look] = Latest(self._show, lambda text: self._show(Look(text)))
        self._pause = QTimer(self.native)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.look)
        self.source.changed.connect(self._change_source)
        self.pairs.changed.connect(self.look_soon)
        self.folders.changed.connect(self.look_soon)
        self.meaning.kind.changed.connect(self.look_soon)
        self.native.destroyed.connect(self._forget)
        self.look_soon()

    @property
    def from_layers(self) -> bool:
        """Whether layers are learnt from."""
        return bool(self.source.value == LAYERS)

    @property
    def missing(self) -> str:
        """What must be there before anything can be learnt; empty if all is."""
        if not self.from_layers:
            return (
                "" if self.folders.paths[0] is not None else "Choose the folder of the images to learn from."
            )
        if self.pairs.pairs:
            return ""
        has_image = any(row.image.value is not None for row in self.pairs.rows)
        return NO_LABELS if has_image else NO_IMAGE

    def mask_settings(self) -> dict[str, Any]:
        """Return the fields of `MaskSettings` that are settled here.

        Of a folder not all masks were looked at, so that its classes are only named if the user did.
        """
        named = self.from_layers or self.meaning.classes.any_typed
        return self.meaning.kind_settings() | (self.meaning.class_settings() if named else {})

    def look_soon(self) -> None:
        """Look at the labels once the hand rests."""
        self._watch()
        self._pause.start(PAUSE_MS)

    def look(self) -> None:
        """Look at the labels in a thread, and say what is found or missing."""
        if self.missing:
            self._looking.forget()
            self._show(Look(self.missing))
            return
        try:
            settings = self._mask_settings()
        except SettingsError as error:
            self._show(Look(str(error)))
            return
        images, masks = self.folders.paths
        if self.from_layers:
            self._looking.ask(partial(look_at_layers, self.pairs.pairs, settings))
        elif images is not None:
            self._looking.ask(partial(look_at_folders, images, masks, settings))

    def _show(self, look: Look) -> None:
        pairs = self.pairs.pairs if self.from_layers else []
        self.meaning.show_look(look, pairs[0].labels.colormap if pairs else None)

    def _change_source(self, *_: Any) -> None:
        self.pairs.visible = self.from_layers
        if self.from_layers:
            self.folders.visible = False
        else:
            self.folders.open()
        self.look_soon()

    def _watch(self) -> None:
        """Look again when the chosen labels are painted, and no others."""
        chosen = [pair.labels for pair in self.pairs.pairs] if self.from_layers else []
        self._unwatch()
        for layer in chosen:
            for event in (layer.events.paint, layer.events.data, layer.events.colormap):
                event.connect(self._painted)
        self._watched = chosen

    def _unwatch(self) -> None:
        for layer in self._watched:
            for event in (layer.events.paint, layer.events.data, layer.events.colormap):
                event.disconnect(self._painted)
        self._watched = []

    def _forget(self) -> None:
        """Hear no more of layers, once nothing can be shown any more."""
        self._looking.forget()
        self._unwatch()

    def _painted(self, _: Any = None) -> None:
        self._pause.start(PAINTED_PAUSE_MS)
