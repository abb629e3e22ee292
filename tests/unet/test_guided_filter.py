"""The guided filter: what its paper says, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_cytounet.unet.guided_filter import EPSILON, guided_filter

RADIUS = 4


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def _by_definition(
    brightness: NDArray[np.float64], values: NDArray[np.float64], radius: int
) -> NDArray[np.float64]:
    """Fit a line in the window around each pixel; the mean of all lines that a pixel lies in (He et al.)."""
    height, width = brightness.shape
    windows = [
        [
            np.s_[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1]
            for column in range(width)
        ]
        for row in range(height)
    ]
    slopes, offsets = np.zeros((height, width)), np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            guide, value = brightness[windows[row][column]], values[windows[row][column]]
            covariance = ((guide - guide.mean()) * (value - value.mean())).mean()
            slopes[row, column] = covariance / (guide.var() + EPSILON)
            offsets[row, column] = value.mean() - slopes[row, column] * guide.mean()
    return np.array(
        [
            [
                slopes[windows[row][column]].mean() * brightness[row, column]
                + offsets[windows[row][column]].mean()
                for column in range(width)
            ]
            for row in range(height)
        ]
    )


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


def test_what_lies_further_than_two_radii_changes_nothing(random: np.random.Generator) -> None:
    image, logits = (torch.from_numpy(random.random((1, 1, 40, 40))).float() for _ in range(2))
    before = guided_filter(image, logits, RADIUS)
    image[..., 30:], logits[..., 30:] = 5, -5
    unchanged = 30 - 2 * RADIUS
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


def test_in_16_bits_it_keeps_its_digits(random: np.random.Generator) -> None:
    image = torch.from_numpy(0.9 + 0.05 * random.random((1, 1, 20, 20))).float()
    logits = torch.from_numpy(random.normal(size=(1, 1, 20, 20))).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = guided_filter(image, logits, RADIUS)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, guided_filter(image, logits.float(), RADIUS))
