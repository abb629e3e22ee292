"""Tests of measuring the objects of a layer, without napari and Qt."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.measure import label as measure_label

from napari_cytounet.errors import Cancelled, ImageError, MaskError
from napari_cytounet.events import Progress, drain
from napari_cytounet.images.image import Image
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement import object_pixels
from napari_cytounet.measurement.measuring import measure
from napari_cytounet.settings import MaskKind, MaskSettings
from napari_cytounet.widgets.checksum import checksum
from napari_cytounet.widgets.measuring.measurements import (
    ObjectMeasurements,
    measuring_planes,
)
from napari_cytounet.widgets.measuring.table_file import write_columns
from napari_cytounet.widgets.measuring.texts import readable, summary, title, units
from napari_cytounet.widgets.object_classes import ObjectClasses


def _labels() -> np.ndarray:
    labels = np.zeros((20, 30), np.uint16)
    labels[2:6, 3:9] = 7
    labels[10:16, 10:14] = 2
    return labels


def _measured(labels: np.ndarray, axes: str = "YX", **known: object) -> ObjectMeasurements:
    image = Image.from_array(labels, axes, name="cells", pixel_size=known.pop("pixel_size", None))
    return drain(measuring_planes(image, known.pop("planes", image.planes), **known))


def test_the_table_is_that_of_the_command_line(tmp_path: Path) -> None:
    """A CSV of the widget and one of `cytounet measure` are the same bytes."""
    size = PixelSize(0.5, 0.25, 2.0)
    rng = np.random.default_rng(0)
    stack = np.stack([_labels(), np.flip(_labels()), _labels() * 0])
    intensities = rng.integers(0, 255, stack.shape, np.uint8)
    write_image(tmp_path / "labels" / "cells.tif", stack, "ZYX", pixel_size=size)
    write_image(tmp_path / "images" / "cells.tif", intensities, "ZYX", pixel_size=size)
    measure(
        tmp_path / "labels",
        tmp_path / "engine.csv",
        image=tmp_path / "images",
        masks=MaskSettings(masks=MaskKind.INSTANCES),
    )

    measured = _measured(
        stack, "ZYX", pixel_size=size, opener=lambda: Image.from_array(intensities, "ZYX", name="light")
    )
    write_columns(tmp_path / "widget.csv", measured.columns)

    assert (tmp_path / "widget.csv").read_bytes() == (tmp_path / "engine.csv").read_bytes()
    assert measured.columns["plane"].tolist() == ["Z=0", "Z=0", "Z=1", "Z=1"]
    assert measured.positions("YZX")[0].tolist() == [12.5, 0, 11.5]


def test_planes_are_called_as_in_the_image_that_the_labels_were_made_of() -> None:
    measured = _measured(_labels()[None, None], "TZYX", first_plane={"T": 2, "Z": 7})
    assert set(measured.columns["plane"]) == {"T=2 Z=7"}
    assert measured.positions("TZYX")[0].tolist()[:2] == [0, 0]  # in the layer


def test_classes_come_from_what_is_known_and_are_0_where_nothing_is() -> None:
    known = ObjectClasses({7: 2}, {2: "dividing"})
    measured = _measured(_labels(), classes=known)
    assert list(measured.columns)[:5] == ["image", "plane", "label", "class", "class_name"]
    assert measured.columns["class"].tolist() == [0, 2]
    assert measured.columns["class_name"].tolist() == ["", "dividing"]
    assert measured.notes == ("The layer does not tell the class of 1 of the objects: it is given as 0.",)


def test_nan_in_the_image_leaves_cells_empty_and_is_told() -> None:
    light = np.ones((20, 30), np.float32)
    light[3, 4] = np.nan
    measured = _measured(_labels(), opener=lambda: Image.from_array(light, "YX", name="light"))
    assert np.isnan(measured.columns["mean_intensity_c0"]).tolist() == [False, True]
    assert measured.notes[0].startswith("The image light holds NaN inside 1 of the objects")


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int64, np.uint64])
def test_labels_of_any_type(dtype: type) -> None:
    assert _measured((_labels() == 7).astype(dtype)).columns["area_px"].tolist() == [24]


@pytest.mark.parametrize(
    ("labels", "image", "error", "message"),
    [
        (_labels() * 0, None, MaskError, "The layer cells holds no object: the layer is 0 everywhere"),
        (_labels(), np.zeros((20, 31)), ImageError, "light has 31 x 20 pixels, but the labels cells have 30"),
        (
            _labels(),
            np.zeros((2, 20, 30)),
            ImageError,
            "light has 30 x 20 pixels in 2 planes, but",
        ),
    ],
)
def test_what_cannot_be_measured(
    labels: np.ndarray, image: np.ndarray | None, error: type[Exception], message: str
) -> None:
    def opener() -> Image:
        return Image.from_array(image, "ZYX"[-image.ndim :], name="light")

    with pytest.raises(error, match=message):
        _measured(labels, opener=None if image is None else opener)


def test_labels_with_channels_are_refused() -> None:
    with pytest.raises(ImageError, match="The layer cells has channels"):
        _measured(np.stack([_labels(), _labels()]), "CYX")


def test_an_empty_plane_of_a_stack_is_told_apart_from_an_empty_layer() -> None:
    stack = np.stack([_labels(), _labels() * 0])
    with pytest.raises(MaskError, match="this plane is 0 everywhere"):
        _measured(stack, "ZYX", planes=[(1,)])


@pytest.mark.parametrize("size", [None, PixelSize(0.5, 0.25)])
def test_many_objects_are_measured_in_batches(
    size: PixelSize | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    labels = measure_label(rng.random((60, 80)) > 0.6).astype(np.int64) * 1000
    light = rng.random((2, 60, 80))
    known: dict[str, Any] = {"pixel_size": size, "opener": lambda: Image.from_array(light, "CYX")}
    at_once = _measured(labels, **known).columns
    assert len(at_once["label"]) > 50
    monkeypatch.setattr(object_pixels, "AT_A_TIME", 7)
    in_batches = _measured(labels, **known).columns
    assert list(in_batches) == list(at_once)
    for name in list(at_once)[2:]:
        np.testing.assert_allclose(in_batches[name], at_once[name], rtol=1e-12, err_msg=name)

    stop = threading.Event()
    job = measuring_planes(Image.from_array(labels, "YX", name="cells"), [()], cancel=stop)
    shares = [next(job), next(job), next(job)]
    assert 0 < shares[2].done < 1
    stop.set()
    with pytest.raises(Cancelled, match="Stopped after 0 of 1 planes"):
        next(job)


def test_a_stop_is_seen_between_planes() -> None:
    stop = threading.Event()
    job = measuring_planes(
        Image.from_array(np.stack([_labels()] * 3), "ZYX", name="cells"), [(0,), (1,), (2,)], cancel=stop
    )
    assert next(job) == Progress("planes", 0, 3)
    stop.set()
    with pytest.raises(Cancelled, match="Stopped after 1 of 3 planes"):
        next(job)


def test_a_checksum_tells_a_change_of_one_pixel() -> None:
    labels = _labels()
    before = checksum(labels)
    labels[0, 0] = 1
    assert checksum(labels) != before
    assert checksum(labels.T) == checksum(np.ascontiguousarray(labels.T))


def test_words() -> None:
    in_pixels, in_micrometres = _measured(_labels()), _measured(_labels(), pixel_size=PixelSize(0.5, 0.25))
    assert summary(in_pixels) == "2 objects, 8.0% of the area covered\nArea: mean 24 px, median 24 px"
    assert summary(in_micrometres) == "2 objects, 8.0% of the area covered\nArea: mean 3 µm², median 3 µm²"
    stack = np.stack([_labels(), _labels()])
    assert summary(_measured(stack, "ZYX")).startswith("4 objects in 2 planes, 8.0%")
    assert summary(_measured(stack, "ZYX", planes=[(1,)])).startswith("2 objects in the plane Z=1, 8.0%")
    assert units(in_pixels).startswith("In pixels: the layer does not tell")
    assert units(in_micrometres) == "In micrometres: a pixel is 0.5 x 0.25 µm."
    assert [title(name) for name in in_micrometres.columns if name not in ("image", "plane")]
    assert readable(np.float32(np.nan)) == ""
