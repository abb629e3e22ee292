"""Objects and holes of a plane that is too large to hold: seen in bands of rows, joined over the seams.

Each band is labelled for itself, counting on from the band before. Where two components touch over a seam
they are noted as equal; in the end the connected components of that graph are the objects. What comes out
equals what `cleaning` and `instances` make of the whole plane, numbers included.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.measure import label

from napari_cytounet.segmentation.cleaning import fill_enclosed
from napari_cytounet.segmentation.instances import classes_of_objects


class BandedComponents:
    """Connected components of equal values of a plane that comes band by band, from the top.

    Parameters
    ----------
    connectivity
        1: pixels are connected by their sides; 2: by their corners too.

    Examples
    --------
    >>> components = BandedComponents(connectivity=2)
    >>> components.add(np.array([[1, 0, 1]]))
    array([[1, 0, 2]])
    >>> components.add(np.array([[0, 1, 0], [2, 2, 0]]))
    array([[0, 3, 0],
           [4, 4, 0]])
    >>> components.joined()
    array([0, 1, 1, 1, 2])
    """

    def __init__(self, connectivity: int) -> None:
        self._connectivity = connectivity
        self._seam: tuple[NDArray[Any], NDArray[Any]] | None = None
        self._equal: list[NDArray[np.intp]] = []
        self._sizes = [np.zeros(1, np.intp)]
        self._values: list[NDArray[Any]] = []
        self._count = 0

    def add(self, values: NDArray[Any]) -> NDArray[Any]:
        """Label the next band.

        Parameters
        ----------
        values
            (rows, X): 0 background; equal values that touch are one component.

        Returns
        -------
        NDArray
            (rows, X): labels of this band's components, which no other band has.
        """
        labels: NDArray[Any]
        labels, count = label(values, background=0, connectivity=self._connectivity, return_num=True)
        self._sizes.append(np.bincount(labels.ravel(), minlength=count + 1)[1:])
        self._values.append(classes_of_objects(labels, values)[1:])
        if self._count:
            labels[labels > 0] += self._count
        self._count += count
        if self._seam is not None:
            self._join(*self._seam, values[0], labels[0])
        self._seam = values[-1].copy(), labels[-1].copy()
        return labels

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Pixels of every label of a band, before joining; 0 for label 0."""
        return np.concatenate(self._sizes)

    @property
    def values(self) -> NDArray[Any]:
        """The value that the pixels of every label of a band have; 0 for label 0."""
        return np.concatenate([np.zeros(1, self._values[0].dtype), *self._values])

    def joined(self) -> NDArray[np.intp]:
        """Return for every label of a band the number of its component: 1, 2, ... as first met; 0 for 0."""
        pairs = np.concatenate([np.empty((0, 2), np.intp), *self._equal])
        nodes = self._count + 1
        graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(nodes, nodes))
        _, component = connected_components(graph, directed=False)
        # Bands are numbered on from the top: a component is met first at its smallest label.
        _, first_met = np.unique(component, return_index=True)
        number = np.empty(len(first_met), np.intp)
        number[np.argsort(first_met)] = np.arange(len(first_met))
        joined: NDArray[np.intp] = number[component]
        return joined

    def _join(
        self, upper: NDArray[Any], upper_labels: NDArray[Any], lower: NDArray[Any], lower_labels: NDArray[Any]
    ) -> None:
        width = len(upper)
        for shift in (0,) if self._connectivity == 1 else (-1, 0, 1):
            above = slice(max(0, shift), width + min(0, shift))
            below = slice(max(0, -shift), width + min(0, -shift))
            touching = (upper[above] == lower[below]) & (upper[above] != 0)
            pairs = np.stack([upper_labels[above][touching], lower_labels[below][touching]], axis=1)
            self._equal.append(np.unique(pairs, axis=0))


class BandedHoles:
    """Holes of the classes of a plane that comes band by band; see `cleaning.fill_holes`.

    Show every band to `add`, from the top; then hand them to `fill` in the same order, again with the same
    cuts.

    Parameters
    ----------
    class_count
        Number of foreground classes K.
    """

    def __init__(self, class_count: int) -> None:
        self._outside = [_Outside(number) for number in range(1, class_count + 1)]

    def add(self, classes: NDArray[Any]) -> None:
        """Look at the next band (rows, X) of the class map."""
        for outside in self._outside:
            outside.add(classes)

    def start_filling(self) -> None:
        """Begin again at the top: all bands have been added."""
        for outside in self._outside:
            outside.settle()

    def fill(self, classes: NDArray[Any]) -> NDArray[Any]:
        """Return the next band with its holes filled."""
        return fill_enclosed(
            classes, ((outside.number, ..., outside.hole_sizes(classes)) for outside in self._outside)
        )


class _Outside:
    """The components of all that is not one class: those that reach no edge of the image are its holes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._components = BandedComponents(connectivity=1)
        self._at_edge: list[NDArray[Any]] = []
        self._last_row: NDArray[Any] | None = None
        self._hole_sizes = np.empty(0)

    def add(self, classes: NDArray[Any]) -> None:
        labels = self._components.add(classes != self.number)
        if self._last_row is None:
            self._at_edge.append(np.unique(labels[0]))
        self._at_edge.append(np.unique(labels[:, [0, -1]]))
        self._last_row = labels[-1].copy()

    def settle(self) -> None:
        joined = self._components.joined()
        sizes = np.bincount(joined, weights=self._components.sizes).astype(np.float64)
        if self._last_row is not None:
            sizes[joined[np.concatenate([*self._at_edge, self._last_row])]] = np.inf
        sizes[0] = np.inf
        self._hole_sizes = sizes[joined]
        # The same bands give the same labels again: so they need not be kept.
        self._components = BandedComponents(connectivity=1)

    def hole_sizes(self, classes: NDArray[Any]) -> NDArray[np.float64]:
        sizes: NDArray[np.float64] = self._hole_sizes[self._components.add(classes != self.number)]
        return sizes
