"""What synthetic cells look like under three microscopes, roughly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, sobel

from napari_cytounet.images.samples.synthetic_shapes import MEAN_RADIUS, FloatPlane


def dic(
    instances: NDArray[np.int32], thickness: FloatPlane, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Render differential interference contrast: the slope of the thickness along the shear, as in relief.

    Parameters
    ----------
    instances
        Cells, (Y, X).
    thickness
        Of the cells, about 0 to 1, (Y, X).
    random
        Source of all randomness.

    Returns
    -------
    NDArray[np.uint8]
        (Y, X).
    """
    debris = 0.05 * gaussian_filter(random.standard_normal(instances.shape), 2)
    path = gaussian_filter(thickness, 0.8) + debris
    slope = _slope(path, angle=np.deg2rad(45))
    return _to_uint8(122 + 340 * slope + 8 * _uneven(instances.shape, random), noise=2.5, random=random)


def phase_contrast(
    instances: NDArray[np.int32], thickness: FloatPlane, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Render phase contrast: cells dark against their surroundings, with a bright halo around them.

    The phase plate removes the slowly varying part of the phase, so that a blurred copy of the cells comes
    back in bright. Parameters and result as for `dic`.
    """
    phase = gaussian_filter(thickness, 1.0)
    halo = gaussian_filter(thickness, MEAN_RADIUS / 3)
    outside = gaussian_filter((instances == 0).astype(np.float64), 1.0)
    picture = 128 - 75 * phase + 40 * halo + 150 * halo * outside
    return _to_uint8(picture + 8 * _uneven(instances.shape, random), noise=3.5, random=random)


def fluorescence(
    instances: NDArray[np.int32], thickness: FloatPlane, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Render stained cells: bright, each by its own amount, blurred, with photon noise.

    Parameters and result as for `dic`.
    """
    stain = random.lognormal(0, 0.35, size=int(instances.max()) + 1)[instances]
    light = stain * thickness
    in_focus, glow = gaussian_filter(light, 1.5), gaussian_filter(light, 12)
    photons = random.poisson(6 + 70 * in_focus + 12 * glow).astype(np.float64)
    return _to_uint8(8 + 1.6 * photons, noise=2, random=random)


def _slope(path: FloatPlane, angle: float) -> FloatPlane:
    down, right = sobel(path, axis=0) / 8, sobel(path, axis=1) / 8
    slope: FloatPlane = np.sin(angle) * down + np.cos(angle) * right
    return slope


def _uneven(shape: tuple[int, ...], random: np.random.Generator) -> FloatPlane:
    """Return the unevenness of the lighting: a tilted plane between -1 and 1."""
    tilt = random.uniform(-1, 1, size=2)
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij")
    plane: FloatPlane = (tilt[0] * rows + tilt[1] * columns) / 2
    return plane


def _to_uint8(picture: FloatPlane, noise: float, random: np.random.Generator) -> NDArray[np.uint8]:
    noisy = picture + noise * random.standard_normal(picture.shape)
    return np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)
