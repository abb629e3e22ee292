"""What a field of view looks like, small: enough to find its copies, crops, flips and next frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.quality.pixels import PlanePixels, block_means

LONGEST_SIDE = 192
"""Pixels of the longer side of the usual image at which fields are compared; all are shrunk by one factor."""

MASK_FACTOR = 3
"""Times by which masks are shrunk further: they are compared as wholes."""

MOST_LANDMARKS = 48
"""Landmarks that are kept of a field."""

PATCH, SAMPLES = 18, 9
"""Pixels of the square around a landmark that describes it, and samples along its side."""


@dataclass(frozen=True)
class Field:
    """A field of view.

    Attributes
    ----------
    view
        The structure of the image, shrunk, without its slow changes; -127 to 127, int8, (Y, X).
    landmarks
        Places of the most conspicuous points in `view`, (n, 2).
    descriptors
        What is around each, turned and mirrored to a standard pose, of length 1; float16, (n, 81).
    poses
        By which turn or reflection (0 to 7, see `posed`) each came to the standard pose.
    mask
        Foreground of the mask, shrunk further than `view`; 0 to 100, uint8. None without a mask.
    """

    view: NDArray[np.int8]
    landmarks: NDArray[np.int16]
    descriptors: NDArray[np.float16]
    poses: NDArray[np.int8]
    mask: NDArray[np.uint8] | None


def shrink_factor(longest_sides: list[int]) -> int:
    """Return the factor by which all images of a set are shrunk."""
    return max(1, round(float(np.median(longest_sides)) / LONGEST_SIDE))


def measure_field(pixels: PlanePixels, factor: int) -> Field:
    """Describe the field of view of a plane.

    Parameters
    ----------
    pixels
        The plane.
    factor
        By which it is shrunk: the same for all images that are compared.
    """
    small = block_means(pixels.grey, factor)
    structure = ndi.gaussian_filter(small, 1.0) - ndi.gaussian_filter(small, 6.0)
    spread = float(structure.std())
    if spread > 0:
        structure = structure / (np.sqrt(ndi.gaussian_filter(structure**2, 12.0)) + 0.3 * spread)
    landmarks = _landmarks(structure)
    descriptors, poses = _describe(structure, landmarks)
    mask = (
        None
        if pixels.truth is None
        else np.round(100 * block_means(pixels.foreground, MASK_FACTOR * factor)).astype(np.uint8)
    )
    return Field(
        view=np.clip(structure * 40, -127, 127).astype(np.int8),
        landmarks=landmarks,
        descriptors=descriptors,
        poses=poses,
        mask=mask,
    )


def posed(pixels: NDArray[np.generic], pose: int) -> NDArray[np.generic]:
    """Return an array upside down (pose & 1), left to right (pose & 2), and with its axes swapped (pose & 4).

    In this order; works on the last two axes.
    """
    if pose & 1:
        pixels = pixels[..., ::-1, :]
    if pose & 2:
        pixels = pixels[..., :, ::-1]
    return np.swapaxes(pixels, -1, -2) if pose & 4 else pixels


def _landmarks(structure: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return the strongest separate extrema that have a whole patch around them."""
    strength = np.abs(structure)
    peaks = (strength == ndi.maximum_filter(strength, 7)) & (strength > 0.5)
    half = PATCH // 2
    peaks[:half] = peaks[-half:] = False
    peaks[:, :half] = peaks[:, -half:] = False
    places = np.argwhere(peaks)
    strongest = np.argsort(-strength[tuple(places.T)])[:MOST_LANDMARKS]
    return places[strongest].astype(np.int16)


def _describe(
    structure: NDArray[np.float32], landmarks: NDArray[np.int16]
) -> tuple[NDArray[np.float16], NDArray[np.int8]]:
    """Return descriptors and poses of landmarks."""
    if not len(landmarks):
        return np.zeros((0, SAMPLES**2), np.float16), np.zeros(0, np.int8)
    steps = np.linspace(-PATCH // 2 + 1, PATCH // 2 - 1, SAMPLES).round().astype(int)
    smooth = ndi.gaussian_filter(structure, 1.0)
    rows = landmarks[:, 0, None, None] + steps[:, None]
    columns = landmarks[:, 1, None, None] + steps[None]
    patches = smooth[rows, columns]
    patches = patches - patches.mean(axis=(1, 2), keepdims=True)
    # The standard pose has its weight at the bottom, at the right, and more of it at the bottom.
    down = (patches * steps[:, None]).sum(axis=(1, 2))
    right = (patches * steps[None]).sum(axis=(1, 2))
    poses = ((down < 0) * 1 + (right < 0) * 2 + (np.abs(right) > np.abs(down)) * 4).astype(np.int8)
    standard = np.stack([posed(patch, int(pose)) for patch, pose in zip(patches, poses, strict=True)])
    flat = standard.reshape(len(standard), -1)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return (flat / np.maximum(lengths, 1e-6)).astype(np.float16), poses
