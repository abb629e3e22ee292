"""Tests of finding or writing the file of a layer."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.errors import Cancelled, ImageError
from napari_cytounet.events import Progress, drain
from napari_cytounet.images.image import Image
from napari_cytounet.images.lazy import LazyView
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.widgets.correcting import layer_file
from napari_cytounet.widgets.correcting.layer_file import file_of_layer

STACK = np.random.default_rng(0).integers(0, 2**16, (3, 40, 50), dtype=np.uint16)


def _file(image: Image, source: str | None, folder: Path) -> Path:
    return drain(file_of_layer(image, source, folder, "cells", threading.Event()))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "stack.tif"
    write_image(path, STACK, "ZYX")
    return path


@pytest.mark.parametrize("compared", [10**9, 100], ids=["all pixels", "some windows"])
def test_a_file_that_holds_what_is_shown_is_taken(
    stored: Path, tmp_path: Path, compared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_file, "COMPARED", compared)
    monkeypatch.setattr(layer_file, "WINDOW", 16)
    image = Image.from_array(LazyView(STACK, (slice(None),) * 3), "ZYX")
    assert _file(image, str(stored), tmp_path / "data") == stored
    assert not (tmp_path / "data").exists()
    for other in (
        Image.from_array(STACK // 2, "ZYX"),
        Image.from_array(STACK[:2], "ZYX"),
        Image.from_array(STACK.astype(np.float32), "ZYX"),
        Image.from_array(STACK, "TYX"),
    ):
        assert _file(other, str(stored), tmp_path / "data") == tmp_path / "data" / "cells.zarr"
    assert _file(image, str(tmp_path / "gone.tif"), tmp_path / "data").suffix == ".zarr"


def test_what_has_no_file_is_written_band_by_band(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_file, "BAND_PIXELS", 1)
    pixels = np.random.default_rng(1).integers(0, 255, (2, 700, 30, 3), dtype=np.uint8)
    image = Image.from_array(pixels, "ZYXC", pixel_size=PixelSize(0.5, 0.5))
    events = list(_all_events(image, tmp_path))
    assert [event.done for event in events] == [1, 2, 3, 4, 5, 6]
    written = open_image(tmp_path / "cells.zarr")
    assert written.pixel_size is not None
    assert written.pixel_size.x == 0.5
    for index in image.planes:
        np.testing.assert_array_equal(written.read(index), image.read(index))


def _all_events(image: Image, folder: Path) -> list[Progress]:
    events: list[Progress] = []
    drain(file_of_layer(image, None, folder, "cells", threading.Event()), events.append)  # type: ignore[arg-type]
    return events


def test_stopping_and_nan_leave_no_file(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        drain(file_of_layer(Image.from_array(STACK, "ZYX"), None, tmp_path, "cells", cancel))
    with pytest.raises(ImageError, match="NaN"):
        _file(Image.from_array(np.full((9, 9), np.nan, np.float32), "YX"), None, tmp_path)
    assert list(tmp_path.glob("*.zarr")) == []
