"""Predicting a plane where memory is short: once more, with smaller tiles."""

from __future__ import annotations

from collections.abc import Iterator

from napari_cytounet.events import Notice
from napari_cytounet.images.image import Image
from napari_cytounet.settings import PredictionSettings
from napari_cytounet.unet.devices import Device, is_out_of_memory, out_of_memory_error
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.prediction import PredictedBox, Region, predicted_boxes, tile_length


def boxes_with_less_memory(
    model: Model,
    image: Image,
    index: tuple[int, ...] = (),
    *,
    settings: PredictionSettings,
    device: Device,
    region: Region | None = None,
    scale: float | None = None,
) -> Iterator[PredictedBox | Notice]:
    """Predict a plane; where memory does not suffice, from the start again with tiles of half the length.

    Parameters are those of `predicted_boxes`.

    Yields
    ------
    PredictedBox or Notice
        The notice says that it begins again.

    Raises
    ------
    CytounetError
        If memory does not suffice for those either.
    """
    try:
        yield from predicted_boxes(
            model, image, index, settings=settings, device=device, region=region, scale=scale
        )
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        tile = tile_length(model.network, settings)
        smaller = settings.model_copy(update={"tile": tile // 2})
        yield Notice(f"Not enough memory for tiles of {tile} pixels: trying {tile // 2}.")
        try:
            yield from predicted_boxes(
                model, image, index, settings=smaller, device=device, region=region, scale=scale
            )
        except (RuntimeError, MemoryError) as second:
            if not is_out_of_memory(second):
                raise
            raise out_of_memory_error(
                f"tiles of {smaller.tile} pixels",
                "Use a smaller --tile, such as 128, or close other programs.",
            ) from second
