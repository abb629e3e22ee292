"""Tests of finding out what layers teach, and of writing it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer

from napari_cytounet.errors import Cancelled, ImageError, MaskError, PairingError
from napari_cytounet.events import Progress, drain
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.reading import open_image
from napari_cytounet.settings import MaskKind, MaskSettings
from napari_cytounet.widgets.training.labelled_layers import (
    LabelledPair,
    LayerPair,
    file_name,
    labelled_pair,
    understand_labels,
    write_pairs,
)

GO_ON = threading.Event()


@pytest.fixture(autouse=True)
def no_threads_of_dask() -> Iterator[None]:
    """Read lazy data in the thread that asks for it: dask's own would stay."""
    with dask.config.set(scheduler="synchronous"):
        yield


def _labels(shape: tuple[int, ...], *planes: int, value: int = 1) -> np.ndarray[Any, Any]:
    """Return labels with a square on the planes that are named, or on the only one."""
    labels = np.zeros(shape, np.uint16)
    for place in planes or ((),):
        labels[place][..., 4:12, 4:12] = value
    return labels


def _pair(image: Any, labels: Any, **options: Any) -> LayerPair:
    return LayerPair(ImageLayer(image, name="cells", **options), LabelsLayer(labels, name="painted"))


def _look(pair: LayerPair, settings: MaskSettings = MaskSettings()) -> LabelledPair:
    return labelled_pair(pair, settings, GO_ON)


def test_only_the_labelled_planes_of_a_stack_are_learnt_from() -> None:
    found = _look(_pair(np.zeros((5, 32, 24), np.uint8), _labels((5, 32, 24), 1, 3)))
    assert found.planes == [((1,), (1,)), ((3,), (3,))]
    assert found.describe() == "painted labels 2 of the 5 planes of cells."


def test_empty_planes_are_learnt_from_if_the_user_says_so() -> None:
    pair = _pair(np.zeros((5, 32, 24), np.uint8), _labels((5, 32, 24), 1))
    assert len(_look(pair, MaskSettings(empty_planes=True)).planes) == 5


def test_a_single_plane_and_the_full_resolution_of_many() -> None:
    levels = [np.zeros((64, 48), np.uint8), np.zeros((32, 24), np.uint8)]
    pair = LayerPair(
        ImageLayer(levels, name="cells", multiscale=True), LabelsLayer(_labels((64, 48)), name="painted")
    )
    found = _look(pair)
    assert found.image.data.shape == (64, 48)
    assert found.describe() == "painted labels cells."


@pytest.mark.parametrize(
    ("image", "labels", "error", "message"),
    [
        (
            (32, 24),
            np.zeros((32, 24), int),
            MaskError,
            "The labels layer painted is empty. Paint all objects",
        ),
        ((5, 32, 24), np.zeros((5, 32, 24), int), MaskError, "The labels layer painted is empty"),
        (
            (32, 32),
            _labels((32, 24)),
            PairingError,
            "The image cells is 32 x 32 pixels, but the labels painted are 32 x 24",
        ),
        (
            (6, 32, 24),
            _labels((5, 32, 24), 1),
            PairingError,
            r"The image cells has 6 plane\(s\) \(ZYX\), but the labels painted have 5 \(ZYX\)",
        ),
        (
            (2, 2, 2, 32, 24),
            _labels((2, 2, 2, 32, 24), 1),
            ImageError,
            "The layer cells has 5 dimensions. Name its axes",
        ),
    ],
)
def test_layers_that_teach_nothing_or_do_not_fit_are_refused(
    image: tuple[int, ...], labels: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        _look(_pair(np.zeros(image, np.uint8), labels))


def test_labels_that_cover_everything_are_refused() -> None:
    found = _look(_pair(np.zeros((32, 24), np.uint8), np.ones((32, 24), np.uint8)))
    with pytest.raises(MaskError, match="painted are all foreground"):
        understand_labels([found], MaskSettings(), GO_ON)


def test_what_labels_mean_is_found_over_all_pairs() -> None:
    one = _look(_pair(np.zeros((32, 24), np.uint8), _labels((32, 24))))
    stack = _look(_pair(np.zeros((5, 32, 24), np.uint8), _labels((5, 32, 24), 1, 3)))
    reading = understand_labels([one, stack], MaskSettings(), GO_ON)
    assert (reading.kind, reading.values) == (MaskKind.BINARY, (1,))


def test_labels_that_may_mean_two_things_are_asked_about() -> None:
    labels = _labels((32, 24))
    labels[20:28, 10:20] = 2
    found = _look(_pair(np.zeros((32, 24), np.uint8), labels))
    with pytest.raises(MaskError, match=r"more than one way: classes .* instances"):
        understand_labels([found], MaskSettings(), GO_ON)
    assert understand_labels([found], MaskSettings(masks=MaskKind.CLASSES), GO_ON).class_count == 2


def test_labelled_planes_are_written_in_their_place_and_nothing_else(tmp_path: Path) -> None:
    planes_read: list[int] = []

    def plane(block_info: Any) -> Any:
        number = block_info[None]["chunk-location"][0]
        planes_read.append(number)
        return np.full((1, 600, 530), number, np.uint16)

    stack = da.map_blocks(
        plane, dtype=np.uint16, chunks=((1,) * 40, (600,), (530,)), meta=np.empty((0, 0, 0), np.uint16)
    )
    pair = _pair(stack, _labels((40, 600, 530), 7, 30, value=3), scale=(2, 0.5, 0.5), units=("um",) * 3)
    planes_read.clear()
    events: list[Any] = []
    files = drain(write_pairs([_look(pair)], tmp_path, GO_ON), events.append)

    assert planes_read == [7, 30]
    assert events == [Progress("labelled planes", 1, 2), Progress("labelled planes", 2, 2)]
    assert files == [tmp_path / "images" / "01_cells.zarr"]
    written = open_image(files[0])
    assert (written.axes, written.data.shape) == ("ZYX", (40, 600, 530))
    assert written.pixel_size == PixelSize(0.5, 0.5, 2.0)
    assert [int(written.read((number,)).max()) for number in (6, 7, 30)] == [0, 7, 30]
    mask = open_image(tmp_path / "masks" / "01_cells.zarr")
    assert [int(mask.read((number,)).max()) for number in (6, 7, 30)] == [0, 3, 3]
    chunks = [
        path for path in files[0].rglob("*") if path.is_file() and not path.name.startswith((".", "zarr"))
    ]
    assert len(chunks) == 2 * 4  # 600 x 530 pixels are four chunks a plane


def test_colours_are_written_as_channels(tmp_path: Path) -> None:
    image = np.zeros((32, 24, 3), np.uint8)
    image[..., 0] = 200
    pair = LayerPair(ImageLayer(image, rgb=True, name="a/b"), LabelsLayer(_labels((32, 24))))
    (file,) = drain(write_pairs([_look(pair)], tmp_path, GO_ON))
    assert file.name == "01_a_b.zarr"
    assert open_image(file).read().shape == (3, 32, 24)


def test_nan_is_refused_with_the_name_of_the_plane(tmp_path: Path) -> None:
    image = np.zeros((3, 32, 24), np.float32)
    image[1, 5, 5] = np.nan
    with pytest.raises(ImageError, match="cells Z=1 holds NaN"):
        drain(write_pairs([_look(_pair(image, _labels((3, 32, 24), 1)))], tmp_path, GO_ON))
    assert list((tmp_path / "images").iterdir()) == []


def test_each_step_can_be_cancelled(tmp_path: Path) -> None:
    pair = _pair(np.zeros((5, 32, 24), np.uint8), _labels((5, 32, 24), 1, 3))
    found = _look(pair)
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Cancelled):
        labelled_pair(pair, MaskSettings(), stopped)
    with pytest.raises(Cancelled):
        understand_labels([found], MaskSettings(), stopped)
    with pytest.raises(Cancelled):
        drain(write_pairs([found], tmp_path, stopped))


def test_names_of_layers_become_names_of_files() -> None:
    assert [file_name(name) for name in ("../../etc", "a b:c", "", "mitosis-2.tif")] == [
        "etc",
        "a_b_c",
        "layer",
        "mitosis-2.tif",
    ]
