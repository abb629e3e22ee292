"""Border weights against the formula, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet.unet.border_weights import border_weights


def _by_the_formula(instances: NDArray[np.int32], weight: float, sigma: float) -> NDArray[np.float64]:
    rows, columns = np.indices(instances.shape)
    distances = []
    for label in np.unique(instances[instances > 0]):
        object_rows, object_columns = np.nonzero(instances == label)
        distances.append(
            np.hypot(rows[..., None] - object_rows, columns[..., None] - object_columns).min(axis=-1)
        )
    if len(distances) < 2:
        return np.ones(instances.shape)
    first, second = np.sort(distances, axis=0)[:2]
    extra = weight * np.exp(-((first + second) ** 2) / (2 * sigma**2))
    return np.where(instances == 0, 1 + extra, 1.0)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
@pytest.mark.parametrize("seed", range(4))
def test_they_follow_the_formula(seed: int, sigma: float) -> None:
    random = np.random.default_rng(seed)
    instances = np.zeros((40, 50), np.int32)
    for label in random.permutation(9)[: seed + 2] + 1:
        row, column = random.integers(0, 40), random.integers(0, 50)
        instances[row : row + 7, column : column + 5] = label
    found = border_weights(instances, 10, sigma)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, _by_the_formula(instances, 10, sigma), atol=10 * 4e-4)


def test_what_nobody_labelled_gets_no_weight_and_is_no_object() -> None:
    instances = np.zeros((5, 20), np.int32)
    instances[:, :3], instances[:, 8:11], instances[:, 5] = 1, 2, -1
    found = border_weights(instances, 10, 5)
    assert (found[:, 5] == 1).all()
    assert (found[:, 4] > 1.5).all()
    known = np.where(instances < 0, 0, instances)
    assert (found[instances == 0] == border_weights(known, 10, 5)[instances == 0]).all()


@pytest.mark.parametrize("count", [0, 1])
def test_without_a_neighbour_all_weights_are_one(count: int) -> None:
    instances = np.zeros((9, 9), np.int32)
    instances[2:4, 2:4] = count
    assert (border_weights(instances, 10, 5) == 1).all()
