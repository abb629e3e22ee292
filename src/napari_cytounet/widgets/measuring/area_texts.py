"""The area of each object as a text on it, as cytounet's `draw_contours` wrote them."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Labels, Points

from napari_cytounet.widgets.layers import free_name, layer_axes, placed_like
from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements
from napari_cytounet.widgets.measuring.texts import area_unit

MOST_TEXTS = 1000
"""Nobody can read more at once, and napari takes half a second to draw so many."""


class AreaTexts:
    """Areas written on the objects by a points layer of their own: labels have no texts.

    Attributes
    ----------
    layer
        The points layer, None while there is none.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.layer: Points | None = None

    def draw(self, labels: Labels, measured: ObjectMeasurements) -> None:
        """Write the areas of objects on them, in place of those that are there.

        Parameters
        ----------
        labels
            The layer of the objects.
        measured
            Its objects; of very many the first `MOST_TEXTS` get a text.
        """
        self.remove()
        areas = measured.columns[measured.area_column][:MOST_TEXTS].tolist()
        texts = [str(area) if isinstance(area, int) else _three_digits(area) for area in areas]
        layer = Points(
            measured.positions(layer_axes(labels))[:MOST_TEXTS],
            name=free_name(self._viewer, f"areas of {labels.name} ({area_unit(measured)})"),
            features={"area": texts},
            text={"string": "{area}", "color": "white", "size": 9},
            face_color="transparent",
            border_color="transparent",
            size=1,
            **placed_like(labels, dimensions=range(labels.ndim)),
        )
        selected = set(self._viewer.layers.selection)
        self.layer = layer
        self._viewer.add_layer(layer)
        layer.editable = False
        self._viewer.layers.selection = selected

    def remove(self) -> None:
        """Take the texts away; those that the user removed are gone already."""
        layer, self.layer = self.layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)


def _three_digits(area: float) -> str:
    """Return an area in as few characters as tell it.

    Examples
    --------
    >>> _three_digits(30.04), _three_digits(1234.5)
    ('30.0', '1234')
    """
    return f"{area:#.3g}" if area < 100 else f"{area:.0f}"
