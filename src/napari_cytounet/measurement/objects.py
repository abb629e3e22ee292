"""Measurements of single objects: size, shape, place and intensity, in pixels and micrometres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.measure import find_contours, regionprops_table
from skimage.segmentation import relabel_sequential

from napari_cytounet.measurement.borders import outlines
from napari_cytounet.measurement.hulls import hulls
from napari_cytounet.measurement.intensities import intensities
from napari_cytounet.measurement.moments import ELLIPSE, centroids, ellipses, hu_moments
from napari_cytounet.measurement.neighbours import count_within, nearest_distance, touching
from napari_cytounet.measurement.object_pixels import object_pixels
from napari_cytounet.settings import MeasureSettings

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray

    from napari_cytounet.images.pixel_size import PixelSize
    from napari_cytounet.measurement.object_pixels import ObjectPixels

Columns = dict[str, "NDArray[np.integer] | NDArray[np.floating]"]


def measure_objects(
    labels: NDArray[np.integer],
    image: NDArray[np.generic] | None = None,
    pixel_size: PixelSize | None = None,
    instance_classes: Mapping[int, int] | None = None,
    settings: MeasureSettings = MeasureSettings(),
) -> Columns:
    """Measure every object of a label image as `skimage.measure.regionprops` defines it, all at once.

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
    settings
        Adds `neighbours_within` and the moments of Hu, `hu_1` to `hu_7`.

    Returns
    -------
    dict of arrays, one value an object, in the order of the labels
        `label`, `class`; `area_px`, `area_um2`; `perimeter_px`, `perimeter_um` (through the centres of the
        border pixels: 0 for a single pixel); `centroid_y_px`, `centroid_x_px` and the same in `um` (0 is the
        centre of the first pixel); `major_axis_px`, `minor_axis_px` and the same in `um` (of the ellipse with
        the same second moments); `eccentricity` (0 a circle, towards 1 a line) and `orientation` (radians
        from the rows' axis to the major one, counter-clockwise), both of the physical shape where the pixel
        size is known; `solidity` (share of the convex hull that the object fills); `extent` (share of the
        bounding box); `euler_number` (parts less holes).

        In pixels and micrometres: `area_filled` (holes filled), `area_convex`, `perimeter_crofton` (by
        Crofton's formula, the better estimate for round objects), `equivalent_diameter` (of the disc of that
        area), `feret_max` and `feret_min` (largest and smallest diameter), `nearest_neighbour` (from centroid
        to centroid). `neighbours_touching` (by an edge or a corner), `neighbours_within` (centroids within
        the distance of the settings).

        `mean_intensity_c0`, and `min_…`, `max_…`, `std_…` and `integrated_intensity_c0` (the sum), then
        channel 1 and so on. Columns whose input is not given are missing. An image without objects has
        columns of length 0.

    Examples
    --------
    >>> from napari_cytounet.images.pixel_size import PixelSize
    >>> labels = np.zeros((8, 8), int)
    >>> labels[1:4, 1:6] = 3
    >>> columns = measure_objects(labels, pixel_size=PixelSize(y=0.5, x=0.5))
    >>> columns["label"], columns["area_px"], columns["area_um2"], columns["centroid_x_um"]
    (array([3]), array([15]), array([3.75]), array([1.5]))
    """
    job = measuring_objects(labels, image, pixel_size, instance_classes, settings)
    while True:
        try:
            next(job)
        except StopIteration as end:
            columns: Columns = end.value
            return columns


def measuring_objects(
    labels: NDArray[np.integer],
    image: NDArray[np.generic] | None = None,
    pixel_size: PixelSize | None = None,
    instance_classes: Mapping[int, int] | None = None,
    settings: MeasureSettings = MeasureSettings(),
) -> Generator[float, None, Columns]:
    """Measure every object as `measure_objects` does; yields the share that is done between batches."""
    numbered, _, original = relabel_sequential(np.maximum(labels, 0))
    count = int(numbered.max(initial=0))
    columns: Columns = {"label": np.asarray(original[1 : count + 1], np.int64)}
    if instance_classes is not None:
        columns["class"] = np.array(
            [instance_classes[label] for label in columns["label"].tolist()], np.int64
        )
    order: list[NDArray[np.int64]] = []
    tables: list[Columns] = []
    done = 0
    for pixels in object_pixels(numbered) if count else ():
        if done:
            yield done / count
        order.append(pixels.numbers)
        tables.append(_measure(pixels, image, pixel_size, settings))
        done += pixels.count
    if not tables:
        one = np.ones((1, 1), np.int64)
        pixel = np.zeros((0 if image is None else len(image), 1, 1), float if image is None else image.dtype)
        tables = [
            _measure(pixels, None if image is None else pixel, pixel_size, settings)
            for pixels in object_pixels(one)
        ]
        order = [np.zeros(0, np.int64)]
        tables = [{name: values[:0] for name, values in tables[0].items()}]
    places = np.argsort(np.concatenate(order))
    columns |= {name: np.concatenate([table[name] for table in tables])[places] for name in tables[0]}
    return columns | _neighbour_columns(numbered, columns, pixel_size, settings)


def _measure(
    pixels: ObjectPixels,
    image: NDArray[np.generic] | None,
    pixel_size: PixelSize | None,
    settings: MeasureSettings,
) -> Columns:
    """Measure some objects."""
    area, place, ellipse = pixels.areas, centroids(pixels), ellipses(pixels)
    outline, hull = outlines(pixels), hulls(pixels)
    columns: Columns = {
        "area_px": area,
        "perimeter_px": outline["perimeter"],
        **{f"{name}_px": values for name, values in place.items()},
        "major_axis_px": ellipse["major_axis"],
        "minor_axis_px": ellipse["minor_axis"],
    }
    more: Columns = {
        "area_filled_px": outline["area_filled"],
        "area_convex_px": hull["area_convex"],
        "perimeter_crofton_px": outline["perimeter_crofton"],
        "equivalent_diameter_px": np.sqrt(4 * area / np.pi),
        "feret_max_px": hull["feret_max"],
        "feret_min_px": hull["feret_min"],
    }
    if pixel_size is not None:
        stretch = _outline_stretch(pixels, pixel_size)
        physical, more_physical = _physical(pixels, columns | more, pixel_size, stretch)
        ellipse = ellipses(pixels, (pixel_size.y, pixel_size.x))
        columns |= physical
        columns |= {"major_axis_um": ellipse["major_axis"], "minor_axis_um": ellipse["minor_axis"]}
        more |= more_physical
    columns |= {name: ellipse[name] for name in ELLIPSE[2:]}
    columns["solidity"] = area / hull["area_convex"]
    columns["extent"] = area / _box_areas(pixels)
    columns["euler_number"] = outline["euler_number"]
    columns |= more
    if settings.shape_moments:
        columns |= hu_moments(pixels)
    return columns if image is None else columns | intensities(pixels, image)


def _physical(
    pixels: ObjectPixels, columns: Columns, pixel_size: PixelSize, stretch: NDArray[np.float64]
) -> tuple[Columns, Columns]:
    """Return what is known in pixels in micrometres: the first columns, and those that come later."""
    unit = pixel_size.y * pixel_size.x
    diameters = hulls(pixels, (pixel_size.y, pixel_size.x))
    return {
        "area_um2": columns["area_px"] * unit,
        "perimeter_um": columns["perimeter_px"] * stretch,
        "centroid_y_um": columns["centroid_y_px"] * pixel_size.y,
        "centroid_x_um": columns["centroid_x_px"] * pixel_size.x,
    }, {
        "area_filled_um2": columns["area_filled_px"] * unit,
        "area_convex_um2": columns["area_convex_px"] * unit,
        "perimeter_crofton_um": columns["perimeter_crofton_px"] * stretch,
        "equivalent_diameter_um": columns["equivalent_diameter_px"] * np.sqrt(unit),
        "feret_max_um": diameters["feret_max"],
        "feret_min_um": diameters["feret_min"],
    }


def _box_areas(pixels: ObjectPixels) -> NDArray[np.int64]:
    """Return the area of the bounding box of each object."""
    sides = [
        np.maximum.reduceat(places, pixels.starts) - np.minimum.reduceat(places, pixels.starts) + 1
        for places in (pixels.rows, pixels.columns)
    ]
    areas: NDArray[np.int64] = sides[0] * sides[1]
    return areas


def _outline_stretch(pixels: ObjectPixels, pixel_size: PixelSize) -> NDArray[np.float64]:
    """Return micrometres of outline for each pixel of outline, object by object.

    scikit-image estimates perimeters for square pixels only. For others its estimate in pixels is multiplied
    by how much the outline (marching squares) grows when it is drawn in micrometres.
    """
    if pixel_size.y == pixel_size.x:
        return np.full(pixels.count, pixel_size.y)
    around, _ = pixels.window
    inside = np.where(np.isin(around, pixels.numbers), around, 0)
    regions = regionprops_table(inside, properties=("label", "image"))
    stretch = np.empty(pixels.count)
    for mask, label in zip(regions["image"], regions["label"], strict=True):
        steps = np.concatenate([np.diff(line, axis=0) for line in find_contours(np.pad(mask, 1), 0.5)])
        grown = np.hypot(*(steps * (pixel_size.y, pixel_size.x)).T).sum() / np.hypot(*steps.T).sum()
        stretch[pixels.numbers == label] = grown
    return stretch


def _neighbour_columns(
    numbered: NDArray[np.integer], columns: Columns, pixel_size: PixelSize | None, settings: MeasureSettings
) -> Columns:
    """Return what needs all objects at once."""
    numbers = np.arange(1, len(columns["label"]) + 1)
    places = [columns[name] for name in ("centroid_y_px", "centroid_x_px")]
    centres = np.stack(places, axis=-1).astype(np.float64, copy=False)
    found: Columns = {
        "neighbours_touching": touching(numbered, numbers),
        "nearest_neighbour_px": nearest_distance(centres),
    }
    if pixel_size is not None:
        centres = centres * np.array([pixel_size.y, pixel_size.x])
        found["nearest_neighbour_um"] = nearest_distance(centres)
    if settings.neighbour_distance is not None:
        found["neighbours_within"] = count_within(centres, settings.neighbour_distance)
    return found
