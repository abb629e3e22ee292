"""Labelling one plane of a lazily read image, in one piece or in bands of rows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from threading import Event as Flag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, SettingsError
from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image
from napari_cytounet.segmentation.banded import BandedComponents, BandedHoles
from napari_cytounet.segmentation.cleaning import large_enough
from napari_cytounet.segmentation.instances import classes_of_objects, smallest_dtype
from napari_cytounet.segmentation.label_spool import LabelSpool, PlaneLabels
from napari_cytounet.segmentation.seeded_planes import Seeds, label_seeded
from napari_cytounet.segmentation.segmenting import choose_thresholds, classify, segment_classes
from napari_cytounet.settings import ThresholdSettings

BAND_PIXELS = 2**23
"""Planes of about so many pixels and more are worked on in bands of that size."""
CHUNK_ROWS = 512
"""Bands hold a multiple of so many rows: the chunks of our own Zarr, of which none is then read twice."""
SPLIT_PIXELS = 2**24
"""Touching objects are split only in planes up to this size: it takes 100 bytes a pixel."""
SAMPLE_PIXELS = 2**24
"""Of larger planes a regular grid of about so many pixels decides the threshold."""


def label_plane(
    image: Image,
    index: tuple[int, ...],
    thresholds: Sequence[float] | None,
    settings: ThresholdSettings,
    spool: LabelSpool,
    cancel: Flag | None = None,
    seeds: Seeds | None = None,
) -> Generator[float, None, PlaneLabels]:
    """Label one plane and put its labels aside; yields the share that is done.

    Parameters
    ----------
    image
        Probabilities or raw intensities.
    index
        The plane.
    thresholds
        One a channel; None: found in this plane by the method of the settings.
    settings
        How.
    spool
        Where the labels are put.
    cancel
        Looked at before every band.
    seeds
        Where the cores of objects are; they part touching objects, unless the settings ask for the watershed.

    Raises
    ------
    Cancelled
        The flag was set.
    ImageError
        The plane holds NaN or infinity.
    SettingsError
        Touching objects are to be split in a plane of more than `SPLIT_PIXELS` pixels.
    """
    refuse_unsplittable(image, settings)
    if thresholds is None:
        thresholds = choose_thresholds(sample_plane(image, index, cancel), settings)

    def classes_of(rows: slice) -> NDArray[Any]:
        return classify(_read_band(image, index, rows, cancel), thresholds, settings)

    bands = [slice(0, image.height)] if settings.split_touching else list(_row_bands(image))
    if seeds is not None and not settings.split_touching:
        cores = partial(seeds.read, index)
        return (
            yield from label_seeded(classes_of, cores, bands, tuple(thresholds), seeds.reach, settings, spool)
        )
    if len(bands) > 1:
        return (yield from _label_bands(classes_of, bands, tuple(thresholds), settings, spool))
    whole = segment_classes(classes_of(bands[0]), settings)
    yield 1.0
    kept = ((bands[0], spool.put(whole.instances)),)
    return PlaneLabels(tuple(thresholds), kept, np.arange(whole.count + 1), whole.instance_classes)


def _label_bands(
    classes_of: Callable[[slice], NDArray[Any]],
    bands: Sequence[slice],
    thresholds: tuple[float, ...],
    settings: ThresholdSettings,
    spool: LabelSpool,
) -> Generator[float, None, PlaneLabels]:
    """Do what `segment_classes` does, band by band."""
    steps = len(bands) * (2 if settings.fill_holes else 1)
    holes = BandedHoles(len(thresholds))
    if settings.fill_holes:
        for done, rows in enumerate(bands, start=1):
            holes.add(classes_of(rows))
            yield done / steps
        holes.start_filling()
    components = BandedComponents(connectivity=2)
    kept = []
    for left, rows in zip(reversed(range(len(bands))), bands, strict=True):
        classes = classes_of(rows)
        if settings.fill_holes:
            classes = holes.fill(classes)
        kept.append((rows, spool.put(smallest_dtype(components.add(classes)))))
        yield 1 - left / steps
    joined = components.joined()
    final = large_enough(np.bincount(joined, weights=components.sizes), settings.min_size)[joined]
    return PlaneLabels(thresholds, tuple(kept), final, classes_of_objects(final, components.values))


def refuse_unsplittable(image: Image, settings: ThresholdSettings) -> None:
    """Refuse to split touching objects where that takes too much memory.

    Raises
    ------
    SettingsError
        Touching objects are to be split in planes of more than `SPLIT_PIXELS` pixels.
    """
    if settings.split_touching and image.height * image.width > SPLIT_PIXELS:
        raise SettingsError(
            f"{image.path or image.name}: touching objects can be split in planes of up to "
            f"{SPLIT_PIXELS // 10**6} million pixels, but these have {image.height} x {image.width}. Leave "
            "out the splitting, or cut the image into pieces."
        )


def stop_if_cancelled(cancel: Flag | None, image: Image) -> None:
    """Raise `Cancelled` if the flag is set."""
    if cancel is not None and cancel.is_set():
        raise Cancelled(f"Stopped while labelling {image.name}: no labels of it were written.")


def _row_bands(image: Image) -> Iterator[slice]:
    rows = CHUNK_ROWS * max(1, BAND_PIXELS // (CHUNK_ROWS * image.width))
    return (slice(start, min(start + rows, image.height)) for start in range(0, image.height, rows))


def sample_plane(image: Image, index: tuple[int, ...], cancel: Flag | None = None) -> NDArray[Any]:
    """Return a plane (C, Y, X), or a regular grid of its pixels where it is large.

    Raises
    ------
    Cancelled
        The flag was set.
    ImageError
        The plane holds NaN or infinity.
    """
    step = int(np.ceil(np.sqrt(image.height * image.width / SAMPLE_PIXELS)))
    bands = (
        # Every band begins at another row: the grid goes on where it stopped in the band before.
        _read_band(image, index, rows, cancel)[:, -rows.start % step :: step, ::step]
        for rows in _row_bands(image)
    )
    return np.concatenate(list(bands), axis=1)


def _read_band(image: Image, index: tuple[int, ...], rows: slice, cancel: Flag | None) -> NDArray[Any]:
    stop_if_cancelled(cancel, image)
    return read_finite(image, index, rows=rows)
