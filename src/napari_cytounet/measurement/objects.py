"""Measurements of single objects: size, shape, place and intensity, in pixels and micrometres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.measure import find_contours, regionprops_table
from skimage.segmentation import relabel_sequential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_cytounet.images.pixel_size import PixelSize

_SHAPE = (
    "label",
    "num_pixels",
    "perimeter",
    "centroid",
    "axis_major_length",
    "axis_minor_length",
    "eccentricity",
    "solidity",
)
_PHYSICAL_SHAPE = ("axis_major_length", "axis_minor_length", "eccentricity")
_INTENSITY = ("intensity_mean", "intensity_min", "intensity_max")

Columns = dict[str, "NDArray[np.integer] | NDArray[np.floating]"]


def measure_objects(
    labels: NDArray[np.integer],
    image: NDArray[np.generic] | None = None,
    pixel_size: PixelSize | None = None,
    instance_classes: Mapping[int, int] | None = None,
) -> Columns:
    """Measure every object of a label image, with `skimage.measure.regionprops_table`.

    Parameters
    ----------
    labels
        (Y, X) instance labels; 0 and negative numbers are no object.
    image
        (C, Y, X) intensities to measure inside the objects.
    pixel_size
        Adds columns in micrometres. Pixels need not be square.
    instance_classes
        Class of each label; adds the column `class`.

    Returns
    -------
    dict of arrays, one value an object, in the order of the labels
        `label`, `class`; `area_px`, `area_um2`; `perimeter_px`, `perimeter_um` (through the centres of the
        border pixels: 0 for a single pixel); `centroid_y_px`, `centroid_x_px` and the same in `um` (0 is the
        centre of the first pixel); `major_axis_px`, `minor_axis_px` and the same in `um` (of the ellipse with
        the same second moments); `eccentricity` (0 a circle, towards 1 a line; of the physical shape where
        the pixel size is known); `solidity` (share of the convex hull that the object fills);
        `mean_intensity_c0`, `min_intensity_c0`, `max_intensity_c0`, then channel 1 and so on. Columns whose
        input is not given are missing. An image without objects has columns of length 0.

    Examples
    --------
    >>> from napari_cytounet.images.pixel_size import PixelSize
    >>> labels = np.zeros((8, 8), int)
    >>> labels[1:4, 1:6] = 3
    >>> columns = measure_objects(labels, pixel_size=PixelSize(y=0.5, x=0.5))
    >>> columns["label"], columns["area_px"], columns["area_um2"], columns["centroid_x_um"]
    (array([3]), array([15]), array([3.75]), array([1.5]))
    """
    # Numbered 1, 2, …: skimage keeps a list as long as the largest label.
    numbered, _, original = relabel_sequential(np.maximum(labels, 0))
    shape = regionprops_table(numbered, properties=_SHAPE)
    columns: Columns = {"label": np.asarray(original[shape["label"]])}
    if instance_classes is not None:
        columns["class"] = np.array([instance_classes[int(label)] for label in columns["label"]], np.int64)
    columns["area_px"] = shape["num_pixels"]
    columns["perimeter_px"] = shape["perimeter"]
    columns["centroid_y_px"], columns["centroid_x_px"] = shape["centroid-0"], shape["centroid-1"]
    columns["major_axis_px"] = shape["axis_major_length"]
    columns["minor_axis_px"] = shape["axis_minor_length"]
    if pixel_size is not None:
        columns |= _physical_columns(numbered, columns, pixel_size)
    else:
        columns["eccentricity"] = shape["eccentricity"]
    columns["solidity"] = shape["solidity"]
    if image is not None:
        columns |= _intensity_columns(numbered, image)
    return columns


def _physical_columns(numbered: NDArray[np.integer], columns: Columns, pixel_size: PixelSize) -> Columns:
    spacing = (pixel_size.y, pixel_size.x)
    shape = regionprops_table(numbered, properties=_PHYSICAL_SHAPE, spacing=spacing)
    return {
        "area_um2": columns["area_px"] * pixel_size.y * pixel_size.x,
        "perimeter_um": columns["perimeter_px"] * _outline_stretch(numbered, spacing),
        "centroid_y_um": columns["centroid_y_px"] * pixel_size.y,
        "centroid_x_um": columns["centroid_x_px"] * pixel_size.x,
        "major_axis_um": shape["axis_major_length"],
        "minor_axis_um": shape["axis_minor_length"],
        "eccentricity": shape["eccentricity"],
    }


def _outline_stretch(numbered: NDArray[np.integer], spacing: tuple[float, float]) -> NDArray[np.float64]:
    """Return micrometres of outline for each pixel of outline, object by object.

    skimage estimates perimeters for square pixels only. For others its estimate in pixels is multiplied by
    how much the outline (marching squares) grows when it is drawn in micrometres.
    """
    if spacing[0] == spacing[1]:
        return np.full(numbered.max(), spacing[0])
    regions = regionprops_table(numbered, properties=("image",))["image"]
    stretch = np.empty(len(regions))
    for index, mask in enumerate(regions):
        steps = np.concatenate([np.diff(line, axis=0) for line in find_contours(np.pad(mask, 1), 0.5)])
        stretch[index] = np.hypot(*(steps * spacing).T).sum() / np.hypot(*steps.T).sum()
    return stretch


def _intensity_columns(numbered: NDArray[np.integer], image: NDArray[np.generic]) -> Columns:
    if image.dtype == np.bool_:
        image = image.view(np.uint8)
    columns: Columns = {}
    for channel, intensity in enumerate(image):
        measured = regionprops_table(numbered, intensity, properties=_INTENSITY)
        for name in _INTENSITY:
            statistic = name.removeprefix("intensity_")
            columns[f"{statistic}_intensity_c{channel}"] = measured[name]
    return columns
