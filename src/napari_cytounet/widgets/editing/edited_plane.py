"""The plane of a labels layer that is shown, and corrections of it as single steps of undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError, MaskError
from napari_cytounet.segmentation.object_edits import ObjectEdit
from napari_cytounet.widgets.layer_parts import shown_plane
from napari_cytounet.widgets.layers import layer_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class EditedPlane:
    """A plane of a labels layer.

    Parameters
    ----------
    viewer, layer
        Whose sliders say which plane, and of what.

    Raises
    ------
    ImageError
        If the sliders stand beyond the layer, or the viewer does not show its rows and columns in 2D.
    MaskError
        If the layer cannot be edited: it is multiscale, or its data is no array in memory.

    Attributes
    ----------
    layer
        The layer.
    labels
        (Y, X) labels of the plane.
    index
        Takes the plane out of the layer's data.
    """

    def __init__(self, viewer: ViewerModel, layer: Labels) -> None:
        letters = layer_axes(layer)
        in_plane = [dimension for dimension, letter in enumerate(letters) if letter in "YX"]
        first = viewer.dims.ndim - layer.ndim
        if tuple(viewer.dims.displayed) != tuple(first + dimension for dimension in in_plane):
            raise ImageError(
                f"The viewer does not show the rows and columns of {layer.name} in 2D. Switch back to 2D and "
                "to the usual order of axes, by the buttons below the layer list."
            )
        if layer.multiscale or not isinstance(layer.data, np.ndarray) or not layer.editable:
            raise MaskError(
                f"{layer.name} cannot be edited here: it has several resolutions, is read from a file piece "
                "by piece, or is locked. Convert it to a data type by a right-click on it in the list of "
                "layers, to have a copy in memory."
            )
        ranges = shown_plane(viewer, layer).ranges
        self.layer = layer
        self.index: tuple[Any, ...] = tuple(
            slice(None) if dimension in in_plane else ranges[letter].start
            for dimension, letter in enumerate(letters)
        )
        self.labels: NDArray[Any] = layer.data[self.index]

    @property
    def first_free(self) -> int:
        """The first label that no plane of the layer has, nor its table, which undo may want again."""
        known = self.layer.features.get("index", np.zeros(1, int))
        return int(max(self.layer.data.max(), max(known, default=0), 0)) + 1

    @property
    def first_number(self) -> int:
        """Where numbers of this plane may begin without meeting those of other planes.

        Where a table tells the class of each object, none is used twice: undo wants the former ones again.
        """
        if self._has_classes:
            return self.first_free
        if self.labels.size == self.layer.data.size:
            return 1
        others = self.layer.data.copy()
        others[self.index] = 0
        return int(others.max()) + 1

    @property
    def _has_classes(self) -> bool:
        return {"index", "class"} <= set(self.layer.features.columns)

    def write(self, edit: ObjectEdit) -> int:
        """Write a correction as one step of undo, and return how many pixels it changed."""
        changed = np.nonzero(self.labels[edit.box] != edit.labels)
        count = len(changed[0])
        if not count:
            return 0
        self.layer.visible = True  # of a layer that is not seen napari holds no slice to write into
        if edit.parents and self._has_classes:
            self.layer.features = _with_children(self.layer.features, edit.parents)
        in_plane = iter(along + part.start for along, part in zip(changed, edit.box, strict=True))
        where = tuple(next(in_plane) if isinstance(at, slice) else np.full(count, at) for at in self.index)
        with self.layer.block_history():
            self.layer.data_setitem(where, edit.labels[changed])
        return count

    def path(self, corners: NDArray[Any]) -> NDArray[Any]:
        """Return the rows and columns of corners that are given in all dimensions of the layer, (N, 2)."""
        in_plane: Sequence[int] = [at for at, part in enumerate(self.index) if isinstance(part, slice)]
        return corners[:, in_plane]


def edit_shown_plane(viewer: ViewerModel, layer: Labels, make: Callable[[EditedPlane], ObjectEdit]) -> str:
    """Correct the plane of a layer that is shown, as one step of undo, and return what came of it in words.

    Raises
    ------
    CytounetError
        If the layer cannot be edited, or the correction makes no sense there.
    """
    plane = EditedPlane(viewer, layer)
    before = _count(plane.labels)
    changed = plane.write(make(plane))
    if not changed:
        return "Nothing changed."
    after = _count(layer.data[plane.index])
    objects = f"{before} objects before, {after} now" if before != after else f"{after} objects as before"
    return f"{changed} pixels changed, {objects}."


def _count(labels: NDArray[Any]) -> int:
    return int(np.count_nonzero(np.unique(labels)))


def _with_children(features: pd.DataFrame, parents: Mapping[int, int]) -> pd.DataFrame:
    """Return the table of a layer with rows for new labels, which are of their parents' classes."""
    import pandas as pd  # here: the widget opens without it

    known = features.set_index("index")
    known = known[~known.index.duplicated(keep="last")]
    new = pd.Series(parents)
    new = new[new.isin(known.index)]
    children = known.loc[new].assign(index=new.index)[list(features.columns)]
    return pd.concat([features, children], ignore_index=True).drop_duplicates("index", keep="last")
