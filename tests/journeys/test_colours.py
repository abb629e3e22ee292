"""Colour images and three classes: white blood cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.widgets.model_choice import model_choice

TRAINED, NEW = slice(0, 12), 20


@pytest.mark.slow
def test_colour_images_with_classes(user: Any, data: Path) -> None:
    viewer = user.viewer
    images = find_images(data / "wbc2" / "images")
    masks = find_images(data / "wbc2" / "masks")
    colours = np.stack([_rgb(path) for path in images[TRAINED]])
    classes = np.stack([open_image(path).read()[0] for path in masks[TRAINED]])
    values = [int(value) for value in np.unique(classes) if value]
    viewer.add_image(colours, rgb=True, name="blood")
    viewer.add_labels(classes, name="classes")
    train = user.opens("Train U-Net")
    train.sources.meaning.kind.value = "classes"
    user.waits(lambda: len(train.sources.meaning.classes.fields) == len(values))
    for field, name in zip(train.sources.meaning.classes.fields, ("cytoplasm", "nucleus"), strict=True):
        field.value = name
    user.shoots("train-classes", theme="light")
    user.trains(train, steps=250)
    assert model_choice.chosen is not None
    card = model_choice.chosen.card
    assert (card.channels, card.classes) == (3, ("cytoplasm", "nucleus"))
    assert len(card.colours) == 2

    for layer in viewer.layers:
        layer.visible = False
    image = viewer.add_image(_rgb(images[NEW]), rgb=True, name="another")
    viewer.layers.selection.active = image
    made = user.predicts(user.opens("Predict with U-Net"))
    user.shoots("classes")
    probabilities = [layer for layer in made if isinstance(layer, Image)]
    assert len(probabilities) == 2
    (found,) = (layer for layer in made if isinstance(layer, Labels) and "classes" in layer.name)
    truth = open_image(masks[NEW]).read()[0]
    for number, value in enumerate(values, start=1):
        one, other = np.asarray(found.data) == number, truth == value
        assert 2 * (one & other).sum() / (one.sum() + other.sum()) > 0.6


def _rgb(path: Path) -> np.ndarray:
    return open_image(path).read().transpose(1, 2, 0)
