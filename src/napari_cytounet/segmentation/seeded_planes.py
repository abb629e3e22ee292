"""Labelling a plane of any size from seeds: cores are found in bands, joined over the seams, then grown."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import open_image
from napari_cytounet.segmentation.banded import BandedComponents, BandedHoles
from napari_cytounet.segmentation.cleaning import large_enough
from napari_cytounet.segmentation.instances import smallest_dtype
from napari_cytounet.segmentation.label_spool import LabelSpool, PlaneLabels
from napari_cytounet.segmentation.seeded import grow
from napari_cytounet.settings import ThresholdSettings

SEEDS = "seeds"
"""Name of the tag of files that says how labels are made of seeds."""

ReadBand = Callable[[slice], NDArray[Any]]
"""Gives some rows of a plane, (rows, X)."""


@dataclass(frozen=True)
class Seeds:
    """Where the cores of objects are, as a model with an instance head says.

    Attributes
    ----------
    image
        One channel, uint8: 255 where a core is certain.
    foreground
        Probability from which on a pixel belongs to an object.
    threshold
        Share of 255 from which on a pixel belongs to a core.
    reach
        Pixels that a core grows at most.
    """

    image: Image
    foreground: float
    threshold: float
    reach: int

    def read(self, index: tuple[int, ...], rows: slice) -> NDArray[np.bool_]:
        """Return where cores are in some rows of a plane."""
        cores: NDArray[np.bool_] = self.image.read(index, rows=rows)[0] >= self.threshold * 255
        return cores


def seeds_tag(foreground: float, threshold: float, reach: int) -> dict[str, str]:
    """Return what a file of seeds says of how labels are made of it: see `Seeds`."""
    return {SEEDS: json.dumps({"foreground": foreground, "threshold": threshold, "reach": reach})}


def open_seeds(path: Path) -> Seeds:
    """Open a file of seeds.

    Raises
    ------
    ImageError
        If it cannot be read, or does not say how labels are made of it.
    """
    image = open_image(path)
    try:
        how: dict[str, Any] = json.loads(image.tags[SEEDS])
        return Seeds(image, float(how["foreground"]), float(how["threshold"]), int(how["reach"]))
    except (KeyError, ValueError, TypeError) as error:
        raise ImageError(f"{path}: does not say how objects are found with it. Predict again.") from error


def label_seeded(
    classes_of: ReadBand,
    seeds_of: ReadBand,
    bands: Sequence[slice],
    thresholds: tuple[float, ...],
    reach: int,
    settings: ThresholdSettings,
    spool: LabelSpool,
) -> Generator[float, None, PlaneLabels]:
    """Label a plane that is seen in bands of rows; yields the share that is done.

    What comes out equals `seeded.label_seeds` of the whole plane, whatever the bands are: cores that meet at
    a seam are one, and each band grows with the rows around it that a core can reach it from. The class of
    an object is that of most of its pixels.

    Parameters
    ----------
    classes_of
        Class map of a band; called for each band in order, twice if holes are filled.
    seeds_of
        Where cores are in a band.
    bands
        From the top, all but the last at least `reach` high.
    thresholds
        With which the class map was made, one a class.
    reach
        Pixels that a core grows at most.
    settings
        Whether to fill the holes of the foreground first, and to remove small objects.
    spool
        Where labels are put aside.
    """
    class_count, fill_holes = len(thresholds), settings.fill_holes
    steps = len(bands) * (3 if fill_holes else 2)
    done = 0
    holes = BandedHoles(class_count)
    if fill_holes:
        for rows in bands:
            holes.add(classes_of(rows))
            done += 1
            yield done / steps
        holes.start_filling()
    components = BandedComponents(connectivity=1)
    foregrounds, cores = [], []
    for rows in bands:
        classes = holes.fill(classes_of(rows)) if fill_holes else classes_of(rows)
        foregrounds.append(spool.put(classes))
        cores.append(spool.put(smallest_dtype(components.add(seeds_of(rows) & (classes > 0)))))
        done += 1
        yield done / steps
    joined = smallest_dtype(components.joined())
    votes = np.zeros((int(joined.max()) + 1) * (class_count + 1), np.int64)
    kept = []
    for number, rows in enumerate(bands):
        classes, above = _with_rows_around(spool, foregrounds, number, reach)
        seeds, _ = _with_rows_around(spool, cores, number, reach)
        inner = slice(above, above + rows.stop - rows.start)
        labels = grow(joined[seeds], classes > 0, reach)[inner]
        inside = labels > 0
        ballots = labels[inside].astype(np.intp) * (class_count + 1) + classes[inner][inside]
        votes += np.bincount(ballots, minlength=len(votes))
        kept.append((rows, spool.put(smallest_dtype(labels))))
        done += 1
        yield done / steps
    of_class = votes.reshape(-1, class_count + 1)
    final = large_enough(of_class.sum(axis=1), settings.min_size)
    winners = of_class[:, 1:].argmax(axis=1) + 1
    of_label = np.append(0, winners[final > 0]).astype(np.min_scalar_type(class_count))
    return PlaneLabels(thresholds, tuple(kept), final, of_label)


def _with_rows_around(
    spool: LabelSpool, bands: Sequence[int], number: int, reach: int
) -> tuple[NDArray[Any], int]:
    """Return a band with up to `reach` rows of its neighbours, and how many of them are above it."""
    above = spool.get(bands[number - 1])[-reach:] if number > 0 else None
    below = spool.get(bands[number + 1])[:reach] if number + 1 < len(bands) else None
    parts = [part for part in (above, spool.get(bands[number]), below) if part is not None]
    return np.concatenate(parts), 0 if above is None else len(above)
