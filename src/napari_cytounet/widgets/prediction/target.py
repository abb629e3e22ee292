"""What is to be predicted: an image layer, all of it or a part, or a folder of images."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, Container, FileEdit
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from qtpy.QtWidgets import QComboBox

from napari_cytounet.errors import ImageError, PredictionError
from napari_cytounet.settings import PredictionSettings
from napari_cytounet.unet.fit import check_fits, scale_at
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.widgets.layer_parts import ImagePart, shown_plane, visible_field, whole_layer
from napari_cytounet.widgets.layers import image_of_layer, pixel_size_of_layer, plane_dimensions
from napari_cytounet.widgets.prediction.layer_making import is_prediction
from napari_cytounet.widgets.settings_form import SettingsForm


class Area(Enum):
    """How much is predicted."""

    PLANE = "the plane shown"
    WHOLE = "the whole image"
    VISIBLE = "only what is in view"
    ALL_PLANES = "all planes"
    FOLDER = "all images in a folder"


class PredictionTarget(Container):  # type: ignore[type-arg]
    """Fields for the image and the part of it, or for folders.

    Parameters
    ----------
    viewer
        Whose layers are offered; its active layer is taken as long as it is an image.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.image = ComboBox(choices=self._images, label="image", tooltip="The layer to predict.")
        self.area = ComboBox(choices=self._areas, label="predict", tooltip="How much is predicted at once.")
        self.folder = FileEdit(
            mode=FileDialogMode.EXISTING_DIRECTORY,
            label="images in",
            tooltip="All images in it are predicted.",
        )
        self.out = FileEdit(
            mode=FileDialogMode.EXISTING_DIRECTORY,
            label="write into",
            tooltip="Gets a folder for each kind of result, with files of the same names as the images.",
        )
        for field in (self.folder, self.out):
            field.choose_btn.text = "Choose…"
            field.choose_btn.max_width = 80
        self.again = SettingsForm(PredictionSettings, ["skip_existing", "overwrite"])
        for choice in (self.area, self.image):
            choice.native.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        super().__init__()
        self.extend([self.area, self.image, self.folder, self.out])  # one by one, so that their labels align
        self.append(self.again)
        self.margins = (0, 0, 0, 0)
        self.follow_selection()
        self.image.changed.connect(self.area.reset_choices)
        self.area.changed.connect(self._show_fields)
        viewer.layers.selection.events.active.connect(self.follow_selection)
        self.native.destroyed.connect(self._leave)
        self._show_fields()

    @property
    def is_folder(self) -> bool:
        """Whether files are predicted, not a layer."""
        return self.area.value is Area.FOLDER

    @property
    def layer(self) -> ImageLayer | None:
        """The layer chosen; None if there is no image."""
        return self.image.value

    def chosen_layer(self) -> ImageLayer:
        """Return the layer to predict.

        Raises
        ------
        PredictionError
            If there is none.
        """
        if self.layer is None:
            raise PredictionError(
                "There is no image to predict. Open one, or choose to predict all images in a folder."
            )
        return self.layer

    def part(self) -> ImagePart:
        """Return the part of the layer that is to be predicted, as the viewer shows it now."""
        layer = self.chosen_layer()
        match self.area.value:
            case Area.VISIBLE:
                return visible_field(self._viewer, layer)
            case Area.PLANE:
                return shown_plane(self._viewer, layer)
            case _:
                return whole_layer(layer)

    def folders(self) -> tuple[Path, Path]:
        """Return the folder of images and that of results.

        Raises
        ------
        PredictionError
            If one of them is not chosen.
        """
        if not self.folder.line_edit.value:
            raise PredictionError("Choose the folder that holds the images.")
        if not self.out.line_edit.value:
            raise PredictionError("Choose a folder for the results.")
        return Path(self.folder.line_edit.value), Path(self.out.line_edit.value)

    def follow_selection(self) -> None:
        """Offer the layer that is selected, if it is an image."""
        self.image.reset_choices()
        active = self._viewer.layers.selection.active
        if active in self.image.choices:
            self.image.value = active

    def _images(self, _: object) -> list[tuple[str, ImageLayer]]:
        return [
            (layer.name, layer)
            for layer in self._viewer.layers
            if isinstance(layer, ImageLayer) and not is_prediction(layer)
        ]

    def _areas(self, _: object) -> list[tuple[str, Area]]:
        stack = self.layer is not None and _is_stack(self.layer)
        whole = [Area.PLANE, Area.VISIBLE, Area.ALL_PLANES] if stack else [Area.WHOLE, Area.VISIBLE]
        return [(area.value, area) for area in [*whole, Area.FOLDER]]

    def _show_fields(self, *_: Any) -> None:
        self.image.visible = not self.is_folder
        for field in (self.folder, self.out, self.again):
            field.visible = self.is_folder

    def _leave(self, *_: object) -> None:
        self._viewer.layers.selection.events.active.disconnect(self.follow_selection)


def check_layer(card: ModelCard, layer: ImageLayer) -> None:
    """Check that a layer fits a model, as far as that can be seen without reading its pixels.

    Raises
    ------
    CytounetError
        If it has other channels, or pixels of another size; the message says what would fit.
    """
    size = pixel_size_of_layer(layer)
    scale_at(card, size.x if size else None, layer.name)
    if not layer.rgb:  # which may be grey, and so of one channel
        check_fits(card, image_of_layer(layer))


def _is_stack(layer: ImageLayer) -> bool:
    try:
        return len(plane_dimensions(layer)) > 2
    except ImageError:  # of its axes, which is told when it is to be predicted
        return False
