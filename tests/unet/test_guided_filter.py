"""The guided filter: what its paper says, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_cytounet.unet.guided_filter import EPSILON, contrast, guided_filter, guided_reach

RADIUS = 4


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def _windows(shape: tuple[int, int], radius: int) -> list[list[tuple[slice, slice]]]:
    """Return the window around each pixel, as far as it lies in the image."""
    return [
        [
            np.s_[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1]
            for column in range(shape[1])
        ]
        for row in range(shape[0])
    ]


def _of_each_window(
    values: NDArray[np.float64], radius: int, what: Callable[..., Any]
) -> NDArray[np.float64]:
    windows = _windows(values.shape[:2], radius)
    return np.array([[what(values[window], axis=(0, 1)) for window in row] for row in windows])


def _contrast_by_definition(brightness: NDArray[np.float64]) -> NDArray[np.float64]:
    return 2 * _of_each_window(_of_each_window(brightness, 1, np.std), 1, np.min)


def _by_definition(
    brightness: NDArray[np.float64], values: NDArray[np.float64], radius: int
) -> NDArray[np.float64]:
    """Fit a plane in the window around each pixel; the mean of all that a pixel lies in (He et al.)."""
    guides = np.stack([brightness, _contrast_by_definition(brightness)], axis=-1)
    fits = np.zeros((*brightness.shape, 3))
    for row, windows in enumerate(_windows(brightness.shape, radius)):
        for column, window in enumerate(windows):
            within = guides[window].reshape(-1, 2) - guides[window].mean(axis=(0, 1))
            value = values[window].ravel()
            slopes = np.linalg.solve(
                within.T @ within / len(value) + EPSILON * np.eye(2), within.T @ value / len(value)
            )
            fits[row, column] = *slopes, value.mean() - slopes @ guides[window].mean(axis=(0, 1))
    mean = _of_each_window(fits, radius, np.mean)
    return (mean[..., :2] * guides).sum(axis=-1) + mean[..., 2]


@pytest.mark.parametrize(("height", "width"), [(23, 30), (3, 17), (1, 1)])
@pytest.mark.parametrize(("channels", "classes", "radius"), [(1, 1, 4), (3, 4, 2)])
def test_each_value_is_that_of_the_definition(
    height: int, width: int, channels: int, classes: int, radius: int, random: np.random.Generator
) -> None:
    image = random.random((channels, height, width))
    logits = random.normal(size=(classes, height, width))
    found = guided_filter(torch.from_numpy(image)[None], torch.from_numpy(logits)[None], radius)
    expected = [_by_definition(image.mean(axis=0), values, radius) for values in logits]
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-4)


def test_what_is_the_same_everywhere_stays_as_it_is(random: np.random.Generator) -> None:
    image, logits = torch.from_numpy(random.random((1, 1, 20, 20))), torch.full((1, 1, 20, 20), 3.0)
    torch.testing.assert_close(guided_filter(image, logits, RADIUS), logits)


@pytest.mark.parametrize(("height", "width"), [(23, 30), (3, 17), (1, 1)])
def test_contrast_is_that_of_the_calmest_window(height: int, width: int, random: np.random.Generator) -> None:
    brightness = random.random((height, width))
    found = contrast(torch.from_numpy(brightness)[None, None])
    np.testing.assert_allclose(found[0, 0].numpy(), _contrast_by_definition(brightness), atol=1e-6)


def test_what_lies_out_of_reach_changes_nothing(random: np.random.Generator) -> None:
    image, logits = (torch.from_numpy(random.random((1, 1, 40, 40))).float() for _ in range(2))
    before = guided_filter(image, logits, RADIUS)
    image[..., 30:], logits[..., 30:] = 5, -5
    unchanged = 30 - guided_reach(RADIUS)
    after = guided_filter(image, logits, RADIUS)
    torch.testing.assert_close(after[..., :unchanged], before[..., :unchanged])
    assert not torch.allclose(after[..., unchanged], before[..., unchanged])


def test_one_painted_pixel_teaches_what_looks_like_it_around_it() -> None:
    image = torch.zeros(1, 1, 21, 21)
    image[..., 10:] = 1
    logits = torch.zeros(1, 1, 21, 21, requires_grad=True)
    guided_filter(image, logits, RADIUS)[0, 0, 10, 12].backward()
    gradient = logits.grad
    assert gradient is not None
    assert gradient[0, 0, 10, 10] > 20 * abs(float(gradient[0, 0, 10, 9]))


def test_a_painted_pixel_teaches_what_is_as_rough_around_it(random: np.random.Generator) -> None:
    """As in phase contrast, where cells are no brighter than what lies around them."""
    image = torch.full((1, 1, 21, 21), 0.5)
    image[..., 10:] += torch.from_numpy(0.2 * random.choice([-1.0, 1.0], (21, 11))).float()
    logits = torch.zeros(1, 1, 21, 21, requires_grad=True)
    guided_filter(image, logits, RADIUS)[0, 0, 10, 13].backward()
    gradient = logits.grad
    assert gradient is not None
    rough, smooth = float(gradient[0, 0, 6:15, 10:14].mean()), float(gradient[0, 0, 6:15, 6:10].mean())
    assert rough > 5 * abs(smooth)


@pytest.mark.parametrize(("height", "width"), [(9, 12), (3, 5)])
def test_its_gradient_is_that_of_the_definition(height: int, width: int, random: np.random.Generator) -> None:
    image = torch.from_numpy(random.random((2, 1, height, width))).float()
    upon = torch.from_numpy(random.normal(size=(2, 2, height, width))).float()
    logits = torch.zeros(2, 2, height, width, requires_grad=True)
    guided_filter(image, logits, RADIUS).backward(upon)
    assert logits.grad is not None
    for number, brightness in enumerate(image[:, 0].double().numpy()):
        for row, column in ((0, 0), (1, 3), (height - 1, width - 2)):
            one = np.zeros((height, width))
            one[row, column] = 1
            given = _by_definition(brightness, one, RADIUS)
            for of_class in range(2):
                expected = (given * upon[number, of_class].numpy()).sum()
                assert float(logits.grad[number, of_class, row, column]) == pytest.approx(expected, abs=1e-4)


def test_in_16_bits_it_keeps_its_digits(random: np.random.Generator) -> None:
    image = torch.from_numpy(0.9 + 0.05 * random.random((1, 1, 20, 20))).float()
    logits = torch.from_numpy(random.normal(size=(1, 1, 20, 20))).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = guided_filter(image, logits, RADIUS)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, guided_filter(image, logits.float(), RADIUS))
