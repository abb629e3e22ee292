"""What a new session is about, or which one is opened again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox, Container, LineEdit, PushButton
from napari.layers import Image as ImageLayer
from napari.utils.notifications import show_error
from napari.viewer import Viewer
from pydantic import ValidationError

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import CorrectionSettings
from napari_cytounet.widgets.class_colours import class_colours
from napari_cytounet.widgets.correcting.diameter_line import HINT, DiameterLine
from napari_cytounet.widgets.correcting.opening import NewSession
from napari_cytounet.widgets.correcting.session_list import SessionList
from napari_cytounet.widgets.fields import field_value, field_widget
from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.model_choice import ChosenModel, model_choice
from napari_cytounet.widgets.path_field import PathField

LAYER, FILES, SESSION = "layer", "files", "session"

NO_IMAGE = "There is no image layer. Open an image, or choose a folder of images."


class StartForm(Container):  # type: ignore[type-arg]
    """Fields for a new session, and the list of those that can be opened again.

    Parameters
    ----------
    viewer
        Whose layers can be corrected.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._line: DiameterLine | None = None
        self.source = ComboBox(
            choices=[
                ("an image of this window", LAYER),
                ("a folder of images", FILES),
                ("a session again", SESSION),
            ],
            value=LAYER,
            label="correct",
            tooltip="A session keeps all that is painted: it can be opened again at any time.",
        )
        self.image = LayerChoice(viewer, ImageLayer, "The image to paint on: 2D or a stack.", label="image")
        self.files = PathField("images", "A folder of images, all with the same channels.")
        self.sessions = SessionList()
        self.start_from = PathField(
            "start from",
            "A model to start from (optional): its classes are taken over.",
            filter="*.safetensors",
            empty="a new network",
        )
        self.chosen = PushButton(
            text="Start from the chosen model", tooltip="The model that the other widgets work with."
        )
        self.names = LineEdit(
            value="foreground",
            label="classes",
            tooltip="What you will paint, background left out; several names with commas between them.",
        )
        self.diameter = field_widget(CorrectionSettings, "diameter")
        self.diameter.native.setPlaceholderText("images at their own size")
        self.measure = PushButton(text="Measure it", tooltip=f"{HINT}.")
        super().__init__()
        self.extend([self.source, self.image, self.files, self.names, self.diameter, self.measure])
        self.extend([self.start_from, self.chosen, self.sessions])
        self.margins = (0, 0, 0, 0)
        self.source.changed.connect(self._show_fields)
        self.measure.clicked.connect(self._measure)
        self.chosen.clicked.connect(self._take_chosen)
        self.start_from.changed.connect(self._show_fields)
        model_choice.changed.connect(self._show_fields)
        self.native.destroyed.connect(self._leave)
        self._show_fields()

    @property
    def again(self) -> Path | None:
        """The session that is to be opened again, if one is."""
        return self.sessions.folder if self.source.value == SESSION else None

    @property
    def is_new(self) -> bool:
        """Whether a new session is asked for."""
        return bool(self.source.value != SESSION)

    def new_session(self) -> NewSession:
        """Return the session that is asked for.

        Raises
        ------
        SettingsError
            If something is missing, or a field holds what it cannot.
        """
        if self.source.value == LAYER:
            layer = self.image.value
            if layer is None:
                raise SettingsError(NO_IMAGE)
            return NewSession(self._settings(), layer.name, layer=layer, start_from=self.start_from.path)
        if self.files.path is None:
            raise SettingsError("Choose the folder of the images.")
        return NewSession(
            self._settings(), self.files.path.name, files=self.files.path, start_from=self.start_from.path
        )

    def _settings(self) -> CorrectionSettings:
        names = tuple(name.strip() for name in self.names.value.split(",") if name.strip())
        if len(set(names)) < len(names):
            raise SettingsError("Two classes have the same name. Give each its own.")
        try:
            return CorrectionSettings(
                class_names=names,
                class_colours=tuple(class_colours(names)),
                diameter=field_value(CorrectionSettings, self.diameter),
            )
        except ValidationError as error:
            raise SettingsError("Name what you will paint: one class or more.") from error

    def _show_fields(self, *_: Any) -> None:
        source = self.source.value
        has_model = self.start_from.path is not None
        self.image.visible = source == LAYER
        self.files.visible = source == FILES
        self.sessions.visible = source == SESSION
        if source == SESSION:
            self.sessions.look()
        self.start_from.visible = self.is_new
        self.chosen.visible = self.is_new and model_choice.chosen is not None
        for field in (self.names, self.diameter, self.measure):
            field.visible = self.is_new and not has_model

    def _take_chosen(self) -> None:
        chosen: ChosenModel | None = model_choice.chosen
        if chosen is not None:
            self.start_from.value = chosen.path

    def _measure(self) -> None:
        """Let the user draw a line, and take its length."""
        layer = self.image.value
        if layer is None:
            show_error(NO_IMAGE)
            return
        self._line = DiameterLine(self._viewer, layer, self._take_length)

    def _take_length(self, pixels: float) -> None:
        if pixels > 1:
            self.diameter.value = f"{pixels:.0f}"

    def _leave(self, *_: object) -> None:
        model_choice.changed.disconnect(self._show_fields, missing_ok=True)
