"""The check of images that hardly are any: tiny ones, and such as hold what is no number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_cytounet.quality.checking import check
from napari_cytounet.quality.findings import Finding
from napari_cytounet.settings import MaskKind, MaskSettings


def _findings(folder: Path, image: np.ndarray) -> list[Finding]:
    for part in ("images", "masks"):
        (folder / part).mkdir()
    mask = (np.random.default_rng(1).random(image.shape) < 0.5).astype(np.uint8)
    mask[0, 0], mask[-1, -1] = 0, 1
    tifffile.imwrite(folder / "images" / "cells.tif", image)
    tifffile.imwrite(folder / "masks" / "cells.tif", mask)
    masks = MaskSettings(masks=MaskKind.BINARY)
    return list(check(folder / "images", folder / "masks", mask_settings=masks).findings)


@pytest.mark.parametrize("shape", [(3, 3), (3, 40), (17, 4), (9, 12)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_small_images_are_looked_at(tmp_path: Path, shape: tuple[int, int], dtype: type) -> None:
    image = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    assert "file-unreadable" not in {finding.code for finding in _findings(tmp_path, image)}


@pytest.mark.parametrize("shape", [(1, 2), (2, 9)])
def test_of_less_than_three_pixels_it_says_so(tmp_path: Path, shape: tuple[int, int]) -> None:
    (finding,) = _findings(tmp_path, np.zeros(shape, np.uint8))
    assert finding.code == "file-unreadable"
    assert f"has {shape[0]} x {shape[1]} pixels: too few" in finding.what


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_named(tmp_path: Path, value: float) -> None:
    image = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    image[5, 7] = value
    (finding,) = _findings(tmp_path, image)
    assert finding.code == "file-unreadable"
    assert "cells holds NaN or infinite values" in finding.what
