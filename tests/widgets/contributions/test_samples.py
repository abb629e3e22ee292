"""Tests of the sample data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.types import LayerData

from napari_cytounet.errors import SampleError
from napari_cytounet.images.samples import bbbc030
from napari_cytounet.widgets.contributions import samples


@pytest.mark.parametrize("sample", [samples.bbbc030_train, samples.bbbc030_validation])
def test_bbbc030_is_a_stack_of_fields_and_one_of_masks(
    sample: Callable[[], list[LayerData]], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYTOUNET_DATA", str(data))
    (image, image_meta, image_kind), (masks, mask_meta, mask_kind) = sample()
    assert (image_kind, mask_kind) == ("image", "labels")
    assert image.shape == masks.shape == (20, 1032, 1376)
    assert image.dtype == np.uint8
    assert np.unique(masks).tolist() == [0, 1]
    assert all(0 < plane.mean() < 0.5 for plane in masks)
    assert mask_meta["name"] == f"{image_meta['name']} masks"


@pytest.mark.parametrize("sample", [samples.dic, samples.phase, samples.fluorescence])
def test_synthetic_cells_come_with_their_labels(sample: Callable[[], list[LayerData]]) -> None:
    (image, _, _), (labels, _, kind) = sample()
    assert kind == "labels"
    assert image.shape == labels.shape
    assert labels.max() > 20


def test_without_a_network_the_user_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CYTOUNET_DATA", raising=False)
    monkeypatch.setattr(bbbc030.pooch, "os_cache", lambda name: tmp_path)
    monkeypatch.setattr(bbbc030, "URL", "http://localhost:9/")
    with pytest.raises(SampleError, match="Check the connection to the network"):
        samples.bbbc030_train()


def test_napari_opens_them(viewer: ViewerModel) -> None:
    viewer.open_sample("napari-cytounet", "dic")
    assert [layer.name for layer in viewer.layers] == ["synthetic cells, DIC", "synthetic cells, DIC labels"]
    viewer.open_sample("napari-cytounet", "dic")
    assert len(viewer.layers) == 4
