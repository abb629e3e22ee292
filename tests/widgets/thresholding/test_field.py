"""Tests of the part of a plane that is previewed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import tifffile
from napari.layers import Image, Labels, Points
from napari.layers._source import layer_source

from napari_cytounet.errors import ImageError
from napari_cytounet.images.writing import write_image
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.layer_parts import ImagePart, whole_layer
from napari_cytounet.widgets.layers import layer_axes
from napari_cytounet.widgets.thresholding.field import Field, bin_edges, found_thresholds, read_field
from napari_cytounet.widgets.thresholding.source import source_of

NOT_CANCELLED = threading.Event()


def _field(values: Any, **options: Any) -> Field:
    layer = Image(values, name="cells", **options)
    return read_field(source_of(layer), whole_layer(layer), NOT_CANCELLED)


def _ramp(dtype: Any, *, highest: float) -> Any:
    return np.linspace(0, highest, 64 * 64).reshape(64, 64).astype(dtype)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (_ramp(np.uint8, highest=200), (0, 200)),
        (_ramp(np.uint16, highest=60_000), (0, 60_000)),
        (_ramp(np.float32, highest=1), (0, 1)),
        (_ramp(np.int16, highest=900) - 1000, (-1000, -100)),
        (_ramp(np.float64, highest=200) > 100, (0, 1)),
    ],
)
def test_the_range_follows_the_values(values: Any, expected: tuple[float, float]) -> None:
    field = _field(values)
    assert (field.low, field.high) == expected
    assert field.counts.sum() == values.size


def test_a_hot_pixel_does_not_stretch_the_range() -> None:
    values = _ramp(np.uint16, highest=800)
    values[3, 3] = 65_535
    assert _field(values).high == pytest.approx(1200, abs=2)


def test_probabilities_go_from_0_to_1() -> None:
    said = {"napari-cytounet": {"kind": "probabilities", "classes": ["nucleus"], "thresholds": [0.4]}}
    field = _field(_ramp(np.float32, highest=0.3), metadata=said)
    assert (field.low, field.high) == (0, 1)


def test_whole_grey_levels_are_bars_of_their_own() -> None:
    field = _field(np.array([[3, 3], [5, 6]], np.uint8))
    assert field.counts.tolist() == [[2, 0, 1, 1]]
    assert bin_edges(field.low, field.high, 4).tolist() == [2.5, 3.5, 4.5, 5.5, 6.5]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(bad: float) -> None:
    values = _ramp(np.float32, highest=1)
    values[2, 2] = bad
    with pytest.raises(ImageError, match=r"cells holds NaN or infinite values\. Replace them"):
        _field(values)


def test_a_constant_image_is_refused() -> None:
    with pytest.raises(ImageError, match="cells: all pixels are 7, so no threshold can part them"):
        _field(np.full((8, 8), 7, np.uint16))


@pytest.fixture
def dask_has_no_threads() -> Iterator[None]:
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.mark.usefixtures("dask_has_no_threads")
def test_only_what_is_asked_for_is_read_and_the_threshold_is_that_of_the_plane() -> None:
    values = _ramp(np.uint16, highest=1000)
    read: list[tuple[int, ...]] = []

    def block(block: Any) -> Any:
        read.append(block.shape)
        return block

    layer = Image(da.from_array(values, chunks=16).map_blocks(block, dtype=values.dtype), name="cells")
    source = source_of(layer)
    assert not source.in_memory
    read.clear()
    part = ImagePart({"Y": range(16), "X": range(16, 32)})
    field = read_field(source, part, NOT_CANCELLED)
    assert (len(read), field.whole, field.every_pixel) == (1, False, True)
    otsu = found_thresholds(source, field, ThresholdSettings(method="otsu"), NOT_CANCELLED)
    whole = read_field(source, whole_layer(layer), NOT_CANCELLED)
    assert otsu == found_thresholds(source, whole, ThresholdSettings(method="otsu"), NOT_CANCELLED)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Image(np.zeros((8, 8, 3), np.uint8), name="photo", rgb=True), "photo is a colour image.*Split RGB"),
        (Labels(np.zeros((8, 8), int), name="cells"), "cells holds labels, not an image"),
        (Points(name="seeds"), "seeds holds points, not an image"),
        (
            Image(np.zeros((2, 8, 8)), name="stain", axis_labels=("c", "y", "x")),
            "stain has 2 channels.*Split Stack",
        ),
        (Image(np.zeros((8, 8, 9)), name="odd", axis_labels=("y", "x", "z")), "Y and X must be the last two"),
        (Image(np.zeros((2,) * 5), name="many"), "5 dimensions"),
        (
            Image(
                np.zeros((4, 8, 8)),
                name="old",
                metadata={"napari-cytounet": {"kind": "probabilities", "classes": ["a", "b"]}},
            ),
            "old has 1 channels, but says that it holds probabilities of 2 classes",
        ),
    ],
)
def test_layers_that_no_threshold_parts_are_refused(layer: Any, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        source_of(layer)


def test_probabilities_in_a_file_of_ours_are_known(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    values = np.random.default_rng(0).random((2, 8, 9)).astype(np.float32)
    tags = {"kind": "probabilities", "classes": '["nucleus", "debris"]', "thresholds": "[0.4, 0.6]"}
    write_image(path, values, "CYX", tags=tags)
    with layer_source(path=str(path)):
        layer = Image(tifffile.imread(path), name="cells")
    source = source_of(layer)
    assert (source.image.axes, source.classes, source.calibrated) == (
        "CYX",
        ("nucleus", "debris"),
        (0.4, 0.6),
    )
    assert len(set(source.colours)) == 2
    assert layer_axes(layer) == "CYX"


def test_a_file_of_others_is_just_an_image(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros((3, 8, 9), np.uint8), photometric="minisblack")
    with layer_source(path=str(path)):
        layer = Image(tifffile.imread(path), name="stack")
    assert not source_of(layer).is_probabilities
