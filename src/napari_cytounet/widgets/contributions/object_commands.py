"""Commands that correct the objects of the selected labels, in the plane that is shown, in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from magicgui.widgets import request_values
from napari.layers import Labels, Layer
from napari.utils.notifications import show_error, show_info
from napari.viewer import Viewer

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
from napari_cytounet.widgets.contributions.commands import refuse
from napari_cytounet.widgets.editing.edited_plane import EditedPlane, edit_shown_plane
from napari_cytounet.widgets.editing.line_tool import LineTool

Make = Callable[[EditedPlane], ObjectEdit]


def split_objects(viewer: Viewer, layer: Layer | None = None) -> None:
    """Split the objects that the next line crosses.

    Parameters
    ----------
    viewer, layer
        Where, and the selected layer: napari fills them in.
    """
    _along_a_line(
        viewer,
        layer,
        "Draw a line to split",
        lambda corners: lambda plane: split_along(plane.labels, plane.path(corners), plane.first_free),
    )


def merge_objects(viewer: Viewer, layer: Layer | None = None) -> None:
    """Merge the objects that the next line touches; see `split_objects`."""
    _along_a_line(
        viewer,
        layer,
        "Draw a line to merge",
        lambda corners: lambda plane: merge_along(plane.labels, plane.path(corners)),
    )


def delete_object(viewer: Viewer, layer: Layer | None = None) -> None:
    """Delete the object whose label is selected; see `split_objects`."""
    _correct(viewer, layer, lambda plane: delete_objects(plane.labels, [plane.layer.selected_label]))


def fill_object(viewer: Viewer, layer: Layer | None = None) -> None:
    """Fill the holes of the object whose label is selected; see `split_objects`."""
    _correct(viewer, layer, lambda plane: fill_object_holes(plane.labels, [plane.layer.selected_label]))


def smooth_object(viewer: Viewer, layer: Layer | None = None) -> None:
    """Smooth the outline of the object whose label is selected; see `split_objects`."""
    _correct(viewer, layer, lambda plane: smooth_objects(plane.labels, [plane.layer.selected_label]))


def number_chosen_object(viewer: Viewer, layer: Layer | None = None) -> None:
    """Ask for another number for the object whose label is selected; see `split_objects`."""
    if not isinstance(layer, Labels):
        refuse(layer, "a labels layer")
        return
    chosen = layer.selected_label
    asked = request_values(
        title=f"Another number for object {chosen}",
        number={"annotation": int, "value": chosen, "options": {"min": 1, "max": 2**31 - 1}},
    )
    if asked:
        _correct(viewer, layer, lambda plane: number_object(plane.labels, chosen, asked["number"]))


def delete_border_objects(viewer: Viewer, layer: Layer | None = None) -> None:
    """Delete the objects that the border of the plane cuts off; see `split_objects`."""
    _correct(viewer, layer, lambda plane: delete_at_border(plane.labels))


def keep_objects_between(viewer: Viewer, layer: Layer | None = None) -> None:
    """Ask for two areas, and delete the objects that are smaller or larger; see `split_objects`."""
    if not isinstance(layer, Labels):
        refuse(layer, "a labels layer")
        return
    limits = {"min": 0, "max": 10**9}
    areas = request_values(
        title="Keep objects between two areas, in pixels",
        smallest={"annotation": int, "value": 20, "options": limits},
        largest={"annotation": int, "value": 10**6, "options": limits},
    )
    if areas:
        _correct(viewer, layer, lambda p: keep_between(p.labels, areas["smallest"], areas["largest"]))


def number_objects_anew(viewer: Viewer, layer: Layer | None = None) -> None:
    """Give each connected patch a number of its own, without gaps; see `split_objects`."""
    _correct(viewer, layer, lambda plane: number_anew(plane.labels, plane.first_number))


def _correct(viewer: Viewer, layer: Layer | None, make: Make) -> None:
    if not isinstance(layer, Labels):
        refuse(layer, "a labels layer")
        return
    try:
        show_info(f"{layer.name}: {edit_shown_plane(viewer, layer, make)}")
    except CytounetError as error:
        show_error(str(error))


def _along_a_line(viewer: Viewer, layer: Layer | None, name: str, make_along: Callable[[Any], Make]) -> None:
    """Have one line drawn, and correct along it."""
    if not isinstance(layer, Labels):
        refuse(layer, "a labels layer")
        return

    def use(corners: Any) -> None:
        tool.put_away()
        _correct(viewer, layer, make_along(corners))

    tool = LineTool(viewer, layer, name, use)
    show_info(f"{name}: press, move across the objects, let go.")
