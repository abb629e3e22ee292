"""The classes found in labels: value, name and colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from magicgui.widgets import Container, Label, LineEdit
from napari.utils.colormaps.colormap import LabelColormapBase

from napari_cytounet.images.mask_values import MaskValue
from napari_cytounet.settings import MaskKind
from napari_cytounet.widgets.class_colours import class_colours

if TYPE_CHECKING:
    from napari_cytounet.images.truth import MaskReading


@dataclass(frozen=True)
class FoundClass:
    """A class that labels hold: its value in them, its name as long as the user gives none, its colour."""

    value: str
    name: str
    colour: str


def classes_in(reading: MaskReading, colormap: LabelColormapBase | None = None) -> list[FoundClass]:
    """Return the classes of masks, in the colours of the layer that they were painted in.

    Parameters
    ----------
    reading
        How the masks are read.
    colormap
        Of the labels layer, if there is one.
    """
    names = reading.names
    if reading.kind is MaskKind.CLASSES:
        values = reading.values
        shown = [str(value) for value in values]
    else:
        values, shown = reading.values[:1] or (1,), [""]
    colours = [
        _painted(value, colormap) or colour
        for value, colour in zip(values, class_colours(names), strict=True)
    ]
    return [FoundClass(*found) for found in zip(shown, names, colours, strict=True)]


def _painted(value: MaskValue, colormap: LabelColormapBase | None) -> str | None:
    """Return the colour of a mask value as `#rrggbb`; None if it has none that can be seen."""
    if isinstance(value, tuple):
        red, green, blue = (part if max(value) < 256 else part // 257 for part in value)
        return f"#{red:02x}{green:02x}{blue:02x}"
    if colormap is None:
        return None
    *shares, opacity = colormap.map(np.array([value]))[0].tolist()
    red, green, blue = (round(255 * share) for share in shares)
    return f"#{red:02x}{green:02x}{blue:02x}" if opacity else None


class ClassNames(Container):  # type: ignore[type-arg]
    """One row a class: its colour, its value in the labels, and the name that results will carry."""

    def __init__(self) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self._found: list[FoundClass] = []
        self._typed: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, those that the user left empty as found."""
        return tuple(
            field.value.strip() or found.name for field, found in zip(self.fields, self._found, strict=True)
        )

    @property
    def any_typed(self) -> bool:
        """Whether the user named a class."""
        return any(field.value.strip() for field in self.fields)

    @property
    def colours(self) -> tuple[str, ...]:
        """The colours as `#rrggbb`."""
        return tuple(found.colour for found in self._found)

    @property
    def fields(self) -> list[LineEdit]:
        """Where the names are typed."""
        return [row[2] for row in self]

    def show_classes(self, classes: Sequence[FoundClass]) -> None:
        """Show other classes; a name that was typed for a value stays with it."""
        if list(classes) == self._found:
            return
        self._typed |= {
            found.value: field.value for field, found in zip(self.fields, self._found, strict=True)
        }
        for row in list(self):
            self.remove(row)
            row.native.deleteLater()
        self._found = list(classes)
        for found in classes:
            self.append(_row(found, self._typed.get(found.value, "")))


def _row(found: FoundClass, typed: str) -> Container:  # type: ignore[type-arg]
    swatch = Label(tooltip="The colour that results will have, taken from the labels layer.")
    swatch.native.setFixedSize(14, 14)
    swatch.native.setStyleSheet(f"background: {found.colour}; border-radius: 3px;")
    value = Label(value=found.value, visible=bool(found.value))
    name = LineEdit(value=typed, tooltip="What you call it; results and tables carry the name.")
    name.native.setPlaceholderText(f"{found.name} (name it)")
    row: Container = Container(widgets=[swatch, value, name], layout="horizontal", labels=False)  # type: ignore[type-arg]
    row.margins = (0, 0, 0, 0)
    return row
