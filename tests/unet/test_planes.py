"""Planes as training wants them: labels on the working grid, and nothing known of what nobody labelled."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import Truth
from napari_cytounet.settings import LossSettings
from napari_cytounet.unet.border_weights import border_weights
from napari_cytounet.unet.planes import TrainingPlane, training_plane


def _made(
    classes: np.ndarray,
    scale: float = 1.0,
    *,
    image: np.ndarray | None = None,
    class_count: int = 1,
    loss: LossSettings = LossSettings(),
    instances: np.ndarray | None = None,
) -> TrainingPlane:
    pixels = np.random.default_rng(0).random(classes.shape).astype(np.float32) if image is None else image
    return training_plane(
        Image.from_array(pixels, "YX", name="named"),
        (),
        Truth(classes.astype(np.int16), instances),
        class_count=class_count,
        normalisation=Normalisation(),
        working_scale=scale,
        loss=loss,
    )


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37, 0.1])
@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (31, 50)])
def test_all_parts_have_the_size_of_the_working_grid(shape: tuple[int, int], scale: float) -> None:
    plane = _made(np.random.default_rng(0).integers(0, 3, shape), scale, class_count=2)
    size = tuple(max(1, round(side * scale)) for side in shape)
    assert plane.pixels.shape == (1, *size)
    assert plane.targets.shape == (2, *size)
    assert plane.labelled.shape == plane.classes.shape == size
    assert ((plane.targets >= 0) & (plane.targets <= 1)).all()
    assert (plane.targets.sum(dim=0) <= 1 + 1e-5).all()


def test_at_their_own_size_classes_stay_what_they_were() -> None:
    classes = np.random.default_rng(0).integers(-1, 4, (20, 30))
    plane = _made(classes, class_count=3)
    assert np.array_equal(plane.classes.numpy(), classes)
    assert torch.equal(plane.labelled, torch.from_numpy(classes >= 0))


def test_a_boundary_becomes_the_share_of_each_side() -> None:
    classes = np.zeros((40, 40), int)
    classes[:, 21:] = 1
    plane = _made(classes, 0.5)
    row = plane.targets[0, 10]
    assert (row[:9] == 0).all()
    assert (row[12:] == 1).all()
    assert 0 < row[10] < 1
    assert float(row.sum()) == pytest.approx(19 / 2, abs=0.01)


def test_what_nobody_labelled_does_not_dim_its_neighbours() -> None:
    classes = np.full((40, 40), -1)
    classes[:, :20] = 1
    plane = _made(classes, 0.37)
    assert (plane.targets[0][plane.labelled] > 0.999).all()
    assert (plane.classes[~plane.labelled] == -1).all()
    assert 0 < plane.labelled.float().mean() < 1


def test_many_classes_are_kept_apart() -> None:
    classes = np.arange(200).reshape(10, 20)
    assert np.array_equal(_made(classes, class_count=199).classes.numpy(), classes)


def test_border_weights_come_from_instances() -> None:
    instances = np.zeros((30, 30), np.int32)
    instances[5:25, 5:13], instances[5:25, 16:25] = 1, 2
    classes = np.sign(instances)
    weighted = LossSettings(border_weight=10, border_sigma=3)
    plane = _made(classes, loss=weighted, instances=instances)
    assert plane.weights is not None
    np.testing.assert_allclose(plane.weights.numpy(), border_weights(instances, 10, 3), atol=1e-5)
    half = _made(classes, 0.5, loss=weighted, instances=instances)
    assert half.weights is not None
    assert half.weights.shape == (15, 15)
    assert half.weights.max() > 3
    assert _made(classes, instances=instances).weights is None
    merged = _made(classes, loss=weighted).weights  # objects of a class map are its connected pieces
    assert merged is not None
    assert merged.max() > 3


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("size", "place"), [(30, (3, 4)), (1101, (101, 301))])
def test_a_value_that_is_no_number_is_an_error_wherever_it_is(
    value: float, size: int, place: tuple[int, int]
) -> None:
    image = np.random.default_rng(0).random((size, size)).astype(np.float32)
    image[place] = value
    with pytest.raises(ImageError, match="named holds NaN or infinite values"):
        _made(np.zeros((size, size), int), image=image)


def test_only_a_box_or_only_the_rest_is_labelled() -> None:
    plane = _made(np.ones((20, 20), int))
    box = (slice(0, 20), slice(12, 20))
    inside, outside = plane.only(box), plane.only(box, outside=True)
    assert torch.equal(inside.labelled, ~outside.labelled)
    assert inside.labelled.sum() == 160
    assert (inside.classes[:, :12] == -1).all()
    assert plane.labelled.all()
