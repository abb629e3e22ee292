"""Whether an image is of the kind that a model learnt, and how it must be resized for it."""

from __future__ import annotations

from napari_cytounet.errors import PredictionError
from napari_cytounet.images.image import Image
from napari_cytounet.unet.model_card import ModelCard

SAME_PIXEL_SIZE = 0.02
"""Pixel sizes that differ by less than this share are taken as equal: metadata is rounded."""

MOST_RATIO = 10.0
"""Largest ratio between the pixel sizes of an image and of the training images."""


def check_fits(card: ModelCard, image: Image) -> None:
    """Raise a PredictionError if a model takes another number of channels than an image has."""
    if image.channels == card.channels:
        return
    raise PredictionError(
        f"{image.path or image.name} has {image.channels} channel(s), but the model was trained on images "
        f"with {card.channels}. Give it images of the kind that it learnt, or train one on images like this."
    )


def scale_for(card: ModelCard, image: Image) -> float:
    """Return the factor by which an image is resized to look to the network as the training images did."""
    return scale_at(card, image.pixel_size.x if image.pixel_size else None, str(image.path or image.name))


def scale_at(card: ModelCard, pixel_size: float | None, what: str) -> float:
    """Return the factor by which an image with a pixel size, in micrometres, must be resized.

    Where the pixel size of both is known, objects are brought to the size at which they were learnt.

    Raises
    ------
    PredictionError
        If the pixel sizes differ so much that one of them must be wrong.
    """
    if card.pixel_size is None or pixel_size is None:
        return card.working_scale
    ratio = pixel_size / card.pixel_size
    if not 1 / MOST_RATIO <= ratio <= MOST_RATIO:
        raise PredictionError(
            f"{what} has {pixel_size:.4g} micrometres a pixel, but the model learnt at "
            f"{card.pixel_size:.4g}. One of them is probably wrong: correct that of the image (by "
            "--pixel-size, or in napari by the scale of the layer), or use a model for such images."
        )
    return card.working_scale * (1.0 if abs(ratio - 1) < SAME_PIXEL_SIZE else ratio)
