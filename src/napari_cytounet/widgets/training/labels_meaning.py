"""What labels hold: chosen by the user or found by a look, with the classes in them."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import ComboBox, Container
from napari.utils.colormaps.colormap import LabelColormapBase
from qtpy.QtWidgets import QComboBox

from napari_cytounet.settings import MaskKind
from napari_cytounet.widgets.text import Text
from napari_cytounet.widgets.training.class_names import ClassNames, classes_in
from napari_cytounet.widgets.training.look import MEANINGS, Look

BY_LOOKING = "found by looking"


class LabelsMeaning(Container):  # type: ignore[type-arg]
    """A choice of the kind of labels, what a look at them found, and the names of their classes."""

    def __init__(self) -> None:
        kinds = [(BY_LOOKING, BY_LOOKING), *((meaning, kind.value) for kind, meaning in MEANINGS.items())]
        self.kind = ComboBox(
            choices=kinds,
            value=BY_LOOKING,
            label="labels hold",
            tooltip="What the values of the labels mean. It is found from the values where only one meaning "
            "fits; otherwise you choose.",
        )
        self.kind.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.found = Text()
        self.classes = ClassNames()
        choice: Container[ComboBox] = Container(widgets=[self.kind])
        choice.margins = (0, 0, 0, 0)
        super().__init__(widgets=[choice, self.found, self.classes], labels=False)
        self.margins = (0, 0, 0, 0)

    @property
    def chosen_kind(self) -> MaskKind | None:
        """What the user chose; None if it is to be found out."""
        return None if self.kind.value == BY_LOOKING else MaskKind(self.kind.value)

    def show_look(self, look: Look, colormap: LabelColormapBase | None = None) -> None:
        """Show what a look found.

        Parameters
        ----------
        look
            It.
        colormap
            Of the labels layer, if there is one.
        """
        self.found.say(look.text)
        self.classes.show_classes(classes_in(look.reading, colormap) if look.reading else [])

    def kind_settings(self) -> dict[str, Any]:
        """Return the field of `MaskSettings` that says what the labels hold, if the user chose."""
        return {} if self.chosen_kind is None else {"masks": self.chosen_kind}

    def class_settings(self) -> dict[str, Any]:
        """Return the fields of `MaskSettings` that name and colour the classes, if any were found."""
        if not self.classes.names:
            return {}
        return {"class_names": self.classes.names, "class_colours": self.classes.colours}
