"""The arrays that a prediction fills, tile by tile and plane by plane, while a viewer shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import PredictionError
from napari_cytounet.images.memory import physical_memory
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.layer_parts import ImagePart

if TYPE_CHECKING:
    from napari_cytounet.segmentation.segmenting import Cores

Output = Literal["probabilities", "classes", "instances"]

MEMORY_SHARE = 0.5
"""Share of the computer's memory that results and the work on one plane may fill."""

LABELLING_BYTES = 24
"""Bytes a pixel of one plane that finding objects takes for a moment."""


@dataclass(frozen=True, eq=False)
class ResultArrays:
    """The results of a prediction; None for what is not wanted.

    Attributes
    ----------
    probabilities
        (classes, *part) float32.
    classes
        Class map, uint8: 0 background, 1 and up the classes.
    instances
        Single objects, int32, numbered through all planes.
    """

    probabilities: NDArray[np.float32] | None
    classes: NDArray[np.uint8] | None
    instances: NDArray[np.int32] | None

    @classmethod
    def empty(cls, part: ImagePart, class_count: int, output: Sequence[Output]) -> ResultArrays:
        """Make arrays for the results that are wanted.

        Raises
        ------
        PredictionError
            If they do not fit into memory.
        """
        _check_memory(part, class_count, output)
        shape = part.shape
        return cls(
            np.zeros((class_count, *shape), np.float32) if "probabilities" in output else None,
            np.zeros(shape, np.uint8) if "classes" in output else None,
            np.zeros(shape, np.int32) if "instances" in output else None,
        )

    def plane(self, place: tuple[int, ...], buffer: NDArray[np.float32]) -> PlaneArrays:
        """Return the results of one plane.

        Parameters
        ----------
        place
            The plane, counted within the part.
        buffer
            Holds its probabilities (classes, Y, X) where they are not wanted in the end.
        """
        every_class: tuple[slice | int, ...] = (slice(None), *place)
        return PlaneArrays(
            buffer if self.probabilities is None else self.probabilities[every_class],
            None if self.classes is None else self.classes[place],
            None if self.instances is None else self.instances[place],
        )


@dataclass(frozen=True, eq=False)
class PlaneArrays:
    """The results of one plane: views of the arrays."""

    probabilities: NDArray[np.float32]
    classes: NDArray[np.uint8] | None
    instances: NDArray[np.int32] | None

    def add(
        self, rows: slice, columns: slice, values: NDArray[np.float32], thresholds: Sequence[float]
    ) -> None:
        """Add a tile; the class map shows at once what reaches its threshold."""
        from napari_cytounet.segmentation.thresholds import apply_thresholds

        self.probabilities[:, rows, columns] = values
        if self.classes is not None:
            self.classes[rows, columns] = apply_thresholds(values, thresholds)

    def label(
        self,
        thresholds: Sequence[float],
        settings: ThresholdSettings,
        *,
        first: int,
        cores: Cores | None = None,
    ) -> tuple[int, ...]:
        """Find the objects of the finished plane, number them from `first`, and return the class of each."""
        from napari_cytounet.segmentation.segmenting import segment

        found = segment(self.probabilities, thresholds, settings, cores)
        if self.classes is not None:
            self.classes[...] = found.classes
        if self.instances is not None:
            instances = found.instances.astype(np.int32)
            instances[instances > 0] += first - 1
            self.instances[...] = instances
        return tuple(found.instance_classes[1:].tolist())


def _check_memory(part: ImagePart, class_count: int, output: Sequence[Output]) -> None:
    sizes: dict[Output, int] = {"probabilities": 4 * class_count, "classes": 1, "instances": 4}
    pixels, plane_pixels = (float(np.prod(shape, dtype=float)) for shape in (part.shape, part.shape[-2:]))
    needed = pixels * sum(sizes[kind] for kind in output)
    needed += plane_pixels * (4 * class_count + LABELLING_BYTES)
    memory = physical_memory()
    if memory is not None and needed > MEMORY_SHARE * memory:
        raise PredictionError(
            f"The results would take {needed / 1e9:.3g} GB of memory, more than is good for this computer's "
            f"{memory / 1e9:.3g} GB. Predict less at once (one plane, or only what is in view), tick fewer "
            "results, or predict all images in a folder: their results go to the disk, plane by plane."
        )
