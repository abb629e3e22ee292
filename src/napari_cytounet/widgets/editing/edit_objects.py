"""Edit objects: split, merge, clean and delete the objects of a labels layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.viewer
import numpy as np
from magicgui.widgets import CheckBox, Container, PushButton, SpinBox
from napari.layers import Labels
from napari.utils.notifications import show_error

from napari_cytounet.errors import CytounetError
from napari_cytounet.segmentation.line_edits import merge_along, split_along
from napari_cytounet.segmentation.object_edits import (
    ObjectEdit,
    delete_at_border,
    delete_objects,
    fill_object_holes,
    keep_between,
    number_anew,
    number_object,
    smooth_objects,
)
from napari_cytounet.widgets.editing.edited_plane import EditedPlane, edit_shown_plane
from napari_cytounet.widgets.editing.line_tool import LineTool
from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.previews import is_preview
from napari_cytounet.widgets.scrolled import Scrolled
from napari_cytounet.widgets.sight import Visibility
from napari_cytounet.widgets.text import Text

UNDO = "Each is one step of undo (Ctrl+Z)."


class EditObjectsWidget(Scrolled):
    """Corrections of the objects in the plane that is shown.

    Parameters
    ----------
    viewer
        Whose labels are corrected.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._tool: LineTool | None = None
        self._watched: Labels | None = None
        self.choice = _LabelsChoice(viewer, Labels, "The labels to correct.", label="labels")
        self.split = _line_button("Split along a line", "Draw lines across objects: each is cut there.")
        self.merge = _line_button("Merge along a line", "Draw lines from object to object: they become one.")
        self.chosen = Text()
        self.delete = PushButton(text="Delete it", tooltip="Makes background of the object chosen.")
        self.fill = PushButton(text="Fill holes", tooltip="Fills background that an object encloses.")
        self.smooth = PushButton(
            text="Smooth", tooltip="Takes away bumps and notches much smaller than an object."
        )
        self.renumber = PushButton(text="Give it the number", tooltip="One that no object of the plane has.")
        self.wanted_number = SpinBox(min=1, max=2**31 - 1, value=1)
        self.everywhere = CheckBox(
            text="fill and smooth all objects of the plane", tooltip="Not only the object chosen."
        )
        self.border = PushButton(
            text="Delete those at the border", tooltip="Objects that the border of the plane cuts off."
        )
        self.smallest = SpinBox(label="area from", min=0, max=10**9, value=20)
        self.largest = SpinBox(label="to (0: any)", min=0, max=10**9, value=0, tooltip="In pixels.")
        self.keep = PushButton(text="Keep those between", tooltip="Deletes smaller and larger objects.")
        self.number = PushButton(
            text="Number anew", tooltip="Gives each connected patch a number of its own, without gaps."
        )
        self.undo = PushButton(text="Undo")
        self.redo = PushButton(text="Redo")
        self.note = Text(UNDO)
        layers: Container[Any] = Container(widgets=[self.choice])
        areas: Container[Any] = Container(widgets=[self.smallest, self.largest])
        parts = [
            layers,
            _row(self.split, self.merge),
            self.chosen,
            _row(self.delete, self.fill, self.smooth),
            _row(self.renumber, self.wanted_number),
            self.everywhere,
            self.border,
            areas,
            _row(self.keep, self.number),
            _row(self.undo, self.redo),
            self.note,
        ]
        for part in (layers, areas):
            part.margins = (0, 0, 0, 0)
        super().__init__(parts)
        self._connect()
        active = viewer.layers.selection.active
        if active in self.choice.choices:
            self.choice.value = active
        self._follow_layer()

    def _connect(self) -> None:
        self.choice.changed.connect(self._follow_layer)
        self.split.changed.connect(self._switch_split)
        self.merge.changed.connect(self._switch_merge)
        self.delete.clicked.connect(lambda: self._edit(lambda p: delete_objects(p.labels, self._chosen(p))))
        self.fill.clicked.connect(lambda: self._edit(lambda p: fill_object_holes(p.labels, self._scope(p))))
        self.smooth.clicked.connect(lambda: self._edit(lambda p: smooth_objects(p.labels, self._scope(p))))
        self.renumber.clicked.connect(self._renumber)
        self.border.clicked.connect(lambda: self._edit(lambda p: delete_at_border(p.labels)))
        self.keep.clicked.connect(lambda: self._edit(self._keep))
        self.number.clicked.connect(lambda: self._edit(lambda p: number_anew(p.labels, p.first_number)))
        self.undo.clicked.connect(lambda: self._step(Labels.undo))
        self.redo.clicked.connect(lambda: self._step(Labels.redo))
        self.native.destroyed.connect(self._leave)
        # A dock that is closed is only hidden: nobody would find the button that ends the tool.
        Visibility(self.native, on_show=lambda: None, on_hide=self._put_tool_away)

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; a line tool ends with its layers."""
        super().reset_choices()
        if self.choice.value != self._watched:  # none is left: that is no choice, and not told of
            self._follow_layer()
        elif self._tool is not None and not self._tool.is_there:
            self._put_tool_away()

    def _follow_layer(self, *_: Any) -> None:
        self._put_tool_away()
        self._leave()
        self._watched = self.choice.value
        if self._watched is not None:
            self._watched.events.selected_label.connect(self._name_the_chosen)
        self._name_the_chosen()

    def _leave(self, *_: Any) -> None:
        """Let go of the layers; the buttons may be gone."""
        self._end_tool()
        if self._watched is not None:
            self._watched.events.selected_label.disconnect(self._name_the_chosen)
            self._watched = None

    def _name_the_chosen(self, *_: Any) -> None:
        layer = self._watched
        if layer is None:
            self.chosen.say("There is no labels layer to correct.")
        else:
            self.chosen.say(f"Chosen is object {layer.selected_label}: choose another with the picker (L).")

    def _switch_split(self, on: bool) -> None:
        self._switch(self.split, on=on, name="Draw a line to split", edit=self._split_along)

    def _switch_merge(self, on: bool) -> None:
        self._switch(self.merge, on=on, name="Draw a line to merge", edit=self._merge_along)

    def _switch(self, button: PushButton, *, on: bool, name: str, edit: Callable[[Any], object]) -> None:
        self._put_tool_away(but=button)
        layer = self.choice.value
        if not on:
            return
        if layer is None:
            self._put_tool_away()
            return
        self._tool = LineTool(self._viewer, layer, name, edit)
        self.note.say(f"{name}, as often as you like; press the button again to end. {UNDO}")

    def _put_tool_away(self, but: PushButton | None = None) -> None:
        self._end_tool()
        for button in (self.split, self.merge):
            if button is not but:
                with button.changed.blocked():
                    button.value = False

    def _end_tool(self) -> None:
        tool, self._tool = self._tool, None  # to remove its layer has the layer list looked at
        if tool is not None:
            tool.put_away()

    def _split_along(self, corners: Any) -> None:
        self._edit(lambda plane: split_along(plane.labels, plane.path(corners), plane.first_free))

    def _merge_along(self, corners: Any) -> None:
        self._edit(lambda plane: merge_along(plane.labels, plane.path(corners)))

    def _keep(self, plane: EditedPlane) -> ObjectEdit:
        return keep_between(plane.labels, self.smallest.value, self.largest.value or None)

    def _chosen(self, plane: EditedPlane) -> list[int]:
        return [int(plane.layer.selected_label)]

    def _scope(self, plane: EditedPlane) -> list[int]:
        return np.unique(plane.labels).tolist() if self.everywhere.value else self._chosen(plane)

    def _renumber(self) -> None:
        """Give the object chosen another number; it stays chosen."""
        number = self.wanted_number.value
        if self._edit(lambda plane: number_object(plane.labels, plane.layer.selected_label, number)):
            self.choice.value.selected_label = number

    def _edit(self, make: Callable[[EditedPlane], ObjectEdit]) -> bool:
        """Carry out a correction on the plane that is shown, say what came of it, and whether it was one."""
        layer = self.choice.value
        if layer is None:
            show_error("There is no labels layer to correct: add one, or open a result.")
            return False
        try:
            self.note.say(f"{edit_shown_plane(self._viewer, layer, make)} {UNDO}")
        except CytounetError as error:
            show_error(str(error))
            return False
        return True

    def _step(self, step: Callable[[Labels], None]) -> None:
        if self.choice.value is not None:
            step(self.choice.value)


class _LabelsChoice(LayerChoice):
    def offers(self, layer: Any) -> bool:
        """Return whether a layer can be chosen: previews are made anew all the time."""
        return super().offers(layer) and not is_preview(layer)


def _line_button(text: str, tooltip: str) -> PushButton:
    button = PushButton(text=text, tooltip=tooltip)
    button.native.setCheckable(True)
    return button


def _row(*widgets: Any) -> Container[Any]:
    row: Container[Any] = Container(widgets=widgets, layout="horizontal", labels=False)
    row.margins = (0, 0, 0, 0)
    return row
