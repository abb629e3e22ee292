"""Synthetic cells with exact masks: no microscope has seen them.

For trying things out and for tests, where no real data is at hand. What works on them need not work on real
images: they are cleaner, and drawn by the same few rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.images.samples.synthetic_optics import dic, fluorescence, phase_contrast
from napari_cytounet.images.samples.synthetic_shapes import FloatPlane, draw_cells
from napari_cytounet.images.writing import write_image

SyntheticKind: TypeAlias = Literal["dic", "phase", "fluorescence"]

_Optics: TypeAlias = Callable[[NDArray[np.int32], FloatPlane, np.random.Generator], NDArray[np.uint8]]
_OPTICS: dict[SyntheticKind, _Optics] = {
    "dic": dic,
    "phase": phase_contrast,
    "fluorescence": fluorescence,
}


@dataclass(frozen=True)
class SyntheticField:
    """A synthetic field of view.

    Attributes
    ----------
    image
        What a microscope might show, uint8, (Y, X).
    instances
        The cells that are in it, 1 and up, 0 for background; int32, (Y, X).
    """

    image: NDArray[np.uint8]
    instances: NDArray[np.int32]


def make_cells(
    kind: SyntheticKind, *, shape: tuple[int, int] = (512, 512), count: int = 30, seed: int = 0
) -> SyntheticField:
    """Make a synthetic field of cells, about 30 pixels across.

    Parameters
    ----------
    kind
        Modality: `dic` (differential interference contrast: shadow relief), `phase` (phase contrast: dark
        cells with bright halos) or `fluorescence` (bright, blurred cells with photon noise).
    shape
        Height and width in pixels.
    count
        Number of cells; fewer where they find no room without touching.
    seed
        The same seed makes the same field.

    Examples
    --------
    >>> field = make_cells("dic", shape=(128, 128), count=5, seed=1)
    >>> field.image.shape, field.image.dtype, int(field.instances.max())
    ((128, 128), dtype('uint8'), 5)
    """
    random = np.random.default_rng(seed)
    instances, thickness = draw_cells(shape, count, random)
    return SyntheticField(_OPTICS[kind](instances, thickness, random), instances)


def write_synthetic(
    folder: Path | str,
    kind: SyntheticKind,
    *,
    images: int = 12,
    validation: int = 4,
    shape: tuple[int, int] = (512, 512),
    count: int = 30,
    seed: int = 0,
) -> Path:
    """Write synthetic fields and their binary masks (0 and 255) in the layout of cytounet.

    Parameters
    ----------
    folder
        Gets `train/images`, `train/masks`, `validation/images` and `validation/masks`, as TIFF files that are
        named and tagged as synthetic.
    kind, shape, count, seed
        As for `make_cells`; each field has a seed of its own, made from this one.
    images, validation
        Number of fields in `train` and in `validation`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    folder = Path(folder)
    seeds = np.random.SeedSequence(seed).generate_state(images + validation).tolist()
    for number, own_seed in enumerate(seeds):
        part = folder / ("train" if number < images else "validation")
        field = make_cells(kind, shape=shape, count=count, seed=own_seed)
        mask = np.where(field.instances > 0, np.uint8(255), np.uint8(0))
        for place, plane in (("images", field.image), ("masks", mask)):
            path = part / place / f"synthetic_{kind}_{number:03}.tif"
            write_image(path, plane, "YX", tags={"synthetic": kind})
    return folder
