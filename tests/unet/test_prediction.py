"""Prediction: tiled equals whole, images of any size, and errors that say what is wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError, PredictionError
from napari_cytounet.images.image import Image
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.settings import DeviceSettings, PredictionSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.fit import scale_for
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.prediction import predict_array, predict_plane, predicted_boxes

CPU = DeviceSettings(device="cpu", threads=1)
ONE_TILE = PredictionSettings(tile=4096)


@pytest.fixture(scope="module")
def cells() -> NDArray[np.uint8]:
    """A field that takes several tiles."""
    return make_cells("fluorescence", shape=(330, 290), count=20, seed=7).image


def _at_scale(model: Model, scale: float) -> Model:
    return replace(model, card=model.card.model_copy(update={"working_scale": scale}))


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37])
def test_tiled_equals_whole(trained: Model, cells: NDArray[np.uint8], scale: float) -> None:
    model = _at_scale(trained, scale)
    whole = predict_array(model, cells, settings=ONE_TILE, device=CPU)
    assert whole.shape == (1, 330, 290)
    assert whole.dtype == np.float32
    assert whole.max() - whole.min() > 0.3
    for tile in (32, 70, 128):
        tiled = predict_array(model, cells, settings=PredictionSettings(tile=tile), device=CPU)
        assert np.abs(tiled - whole).max() < 1e-3


def test_the_network_has_learnt_what_cells_are(trained: Model) -> None:
    field = make_cells("fluorescence", shape=(200, 200), count=8, seed=11)
    found = predict_array(trained, field.image, device=CPU)[0]
    cells = field.instances > 0
    assert found[cells].mean() > found[~cells].mean() + 0.3


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 90), (90, 3), (41, 57)])
@pytest.mark.parametrize(
    "settings",
    [PredictionSettings(), PredictionSettings(tile=32, halo=0), PredictionSettings(tile=64, halo=8)],
)
def test_any_size_scale_tile_and_halo_is_possible(
    trained: Model, shape: tuple[int, int], scale: float, settings: PredictionSettings
) -> None:
    image = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    found = predict_array(_at_scale(trained, scale), image, "YX", settings=settings, device=CPU)
    assert found.shape == (1, *shape)
    assert ((found >= 0) & (found <= 1)).all()


REGIONS = [
    (slice(0, 330), slice(0, 290)),
    (slice(101, 207), slice(33, 290)),
    (slice(0, 5), slice(285, 290)),
    (slice(150, 151), slice(77, 78)),
]


@pytest.mark.parametrize("scale", [1.0, 0.37, 1.7])
def test_a_region_gets_what_it_gets_in_the_whole_plane(
    trained: Model, cells: NDArray[np.uint8], scale: float
) -> None:
    model = _at_scale(trained, scale)
    uneven = cells.copy()
    uneven[:, 240:] //= 2  # so that a region's own intensities would not do
    image = Image.from_array(uneven)
    whole = predict_plane(model, image, settings=ONE_TILE, device=CPU)
    for region, tile in product(REGIONS, (None, 40)):
        found = np.full_like(whole, np.nan)
        settings = PredictionSettings(tile=tile, halo=model.network.reach)
        for box in predicted_boxes(model, image, settings=settings, device=choose_device(CPU), region=region):
            assert np.isnan(found[:, box.rows, box.columns]).all()
            found[:, box.rows, box.columns] = box.values
        inside = (slice(None), *region)
        assert np.abs(found[inside] - whole[inside]).max() < 5e-5
        found[inside] = np.nan
        assert np.isnan(found).all()


def test_boxes_cover_a_plane_once_and_are_counted(trained: Model, cells: NDArray[np.uint8]) -> None:
    boxes = list(
        predicted_boxes(
            trained, Image.from_array(cells), settings=PredictionSettings(tile=64), device=choose_device(CPU)
        )
    )
    seen = np.zeros(cells.shape, int)
    for box in boxes:
        seen[box.rows, box.columns] += 1
        assert box.values.shape == (1, *seen[box.rows, box.columns].shape)
    assert (seen == 1).all()
    assert [box.done for box in boxes] == list(range(1, len(boxes) + 1))
    assert {box.total for box in boxes} == {len(boxes)}


@pytest.mark.parametrize("value", [0, 77, 255])
def test_an_even_image_gives_an_even_answer(trained: Model, value: int) -> None:
    found = predict_array(trained, np.full((60, 60), value, np.uint8), device=CPU)
    middle = found[:, 25:35, 25:35]
    assert np.isfinite(found).all()
    assert np.ptp(middle) < 0.05


def test_a_stack_is_predicted_plane_by_plane(trained: Model, cells: NDArray[np.uint8]) -> None:
    stack = np.stack([cells[:64, :64], cells[64:128, :64]])
    found = predict_array(trained, stack, "ZYX", device=CPU)
    assert found.shape == (2, 1, 64, 64)
    for plane, expected in zip(stack, found, strict=True):
        np.testing.assert_allclose(predict_array(trained, plane, device=CPU), expected, atol=1e-6)


def test_the_gain_and_offset_of_a_camera_do_not_matter(trained: Model, cells: NDArray[np.uint8]) -> None:
    brighter = cells.astype(np.uint16) * 100 + 3000
    np.testing.assert_allclose(
        predict_array(trained, brighter, device=CPU), predict_array(trained, cells, device=CPU), atol=1e-3
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("size", "place"), [(60, (3, 4)), (1101, (101, 301))])
def test_a_value_that_is_no_number_is_an_error(
    trained: Model, value: float, size: int, place: tuple[int, int]
) -> None:
    image = np.zeros((size, size), np.float32)
    image[place] = value  # in the large image at a pixel that the percentiles are not taken from
    settings = PredictionSettings(tile=512, halo=16)
    with pytest.raises(ImageError, match=r"named holds NaN or infinite values.*Replace"):
        predict_plane(trained, Image.from_array(image, name="named"), settings=settings, device=CPU)


def test_another_number_of_channels_is_an_error(trained: Model) -> None:
    with pytest.raises(PredictionError, match=r"has 3 channel.*trained on images with 1"):
        predict_array(trained, np.zeros((3, 40, 40), np.uint8), "CYX", device=CPU)


def test_images_are_brought_to_the_pixel_size_that_was_learnt(
    trained: Model, cells: NDArray[np.uint8]
) -> None:
    model = replace(trained, card=trained.card.model_copy(update={"pixel_size": 0.5}))
    finer = Image.from_array(np.kron(cells, np.ones((2, 2), np.uint8)), pixel_size=PixelSize(0.25, 0.25))
    same = Image.from_array(cells, pixel_size=PixelSize(0.5, 0.5))
    assert scale_for(model.card, finer) == 0.5
    assert scale_for(model.card, same) == 1.0
    assert scale_for(model.card, Image.from_array(cells, pixel_size=PixelSize(0.505, 0.505))) == 1.0
    assert scale_for(model.card, Image.from_array(cells)) == 1.0
    assert scale_for(trained.card, finer) == 1.0
    found = predict_plane(model, finer, device=CPU)[:, ::2, ::2]
    expected = predict_plane(model, same, device=CPU)
    not_rescaled = predict_plane(trained, finer, device=CPU)[:, ::2, ::2]
    assert np.abs(found - expected).mean() < min(0.03, np.abs(not_rescaled - expected).mean())
