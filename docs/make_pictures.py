"""Makes the pictures of the README and the docs from real runs: `python docs/make_pictures.py`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.color import label2rgb
from skimage.io import imsave
from skimage.segmentation import find_boundaries

from napari_cytounet import open_image, predict, train
from napari_cytounet.images.samples.bbbc030 import fetch_bbbc030
from napari_cytounet.settings import TrainingSettings, TrainSettings

PICTURES = Path(__file__).parent / "images"
IMAGE = "cho14"
FIELD = (slice(0, 520), slice(647, 1167))
"""The part of the image with the most cells."""

STEPS = 150
"""About half a minute of training on two cores; in steps, so that the picture can be made again."""


def main() -> None:
    """Train briefly on BBBC030 and show what the model finds in an image that it never saw."""
    data = fetch_bbbc030()
    image = data / "validation" / "images" / f"{IMAGE}.png"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = TrainSettings(training=TrainingSettings(steps=STEPS))
        train(
            data / "train" / "images", data / "train" / "new_outlines", out=folder / "run", settings=settings
        )
        predict(folder / "run", [image], out=folder)
        grey = open_image(image).read()[0][FIELD]
        probability = open_image(folder / "probabilities" / f"{IMAGE}.tif").read()[0][FIELD]
        labels = open_image(folder / "instances" / f"{IMAGE}.tif").read()[0][FIELD]
    panels = [shades(grey), shades(probability, 0, 1), coloured(grey, labels)]
    gap = np.full((len(grey), 8, 3), 255, dtype=np.uint8)
    row = np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1)
    PICTURES.mkdir(exist_ok=True)
    imsave(PICTURES / "first-model.png", row, check_contrast=False)


def shades(
    values: NDArray[np.generic], low: float | None = None, high: float | None = None
) -> NDArray[np.uint8]:
    """Return values as grey RGB, by default between their extremes."""
    low = float(values.min()) if low is None else low
    high = float(values.max()) if high is None else high
    grey = ((values.astype(np.float64) - low) / (high - low) * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def coloured(grey: NDArray[np.generic], labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return the image with each object in a colour of its own, outlined in white."""
    picture = (label2rgb(labels, shades(grey), alpha=0.4, bg_label=0) * 255).astype(np.uint8)
    picture[find_boundaries(labels, mode="inner")] = 255
    return picture


if __name__ == "__main__":
    main()
