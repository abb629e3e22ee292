"""Tests of writing labels layers, through napari's own way of saving."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Labels

from napari_cytounet.errors import OutputError
from napari_cytounet.images.outlines import fill_outlines
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.widgets.contributions.writers import outlines, write_outlines, write_tiff, write_zarr
from napari_cytounet.widgets.segmentation_note import note_segmentation


def _cells(**known: object) -> Labels:
    labels = np.zeros((3, 40, 50), np.int64)
    labels[:, 4:12, 5:20] = 3
    labels[1, 20:30, 30:50] = 700
    return Labels(labels, name="cells", **known)


def _save(write: object, path: Path, layer: Labels) -> list[str]:
    return write(str(path), *layer.as_layer_data_tuple()[:2])


@pytest.mark.parametrize(("write", "name"), [(write_tiff, "cells.tif"), (write_zarr, "cells.zarr")])
def test_all_planes_with_axes_and_pixel_size(write: object, name: str, tmp_path: Path) -> None:
    layer = _cells(scale=(2, 0.5, 0.25), units=("s", "um", "um"), axis_labels=("t", "y", "x"))
    assert _save(write, tmp_path / name, layer) == [str(tmp_path / name)]
    image = open_image(tmp_path / name)
    assert (image.axes, image.dtype) == ("TYX", np.uint16)
    assert image.pixel_size == PixelSize(0.5, 0.25)
    np.testing.assert_array_equal(np.asarray(image.data[:]), layer.data)


@pytest.mark.parametrize("suffix", [".tif", ".zarr"])
def test_how_a_threshold_made_them_stays_with_the_labels(suffix: str, tmp_path: Path) -> None:
    layer = _cells()
    note_segmentation(layer, [(1,)], [{"method": "otsu", "thresholds": [0.25]}])
    _save(write_tiff if suffix == ".tif" else write_zarr, tmp_path / f"cells{suffix}", layer)
    image = open_image(tmp_path / f"cells{suffix}")
    assert json.loads(image.tags["segmentation"]) == [{"plane": [1], "method": "otsu", "thresholds": [0.25]}]


def test_pixels_without_a_size_and_a_stack_without_names(tmp_path: Path) -> None:
    _save(write_tiff, tmp_path / "cells.tif", _cells())
    image = open_image(tmp_path / "cells.tif")
    assert (image.axes, image.pixel_size) == ("ZYX", None)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [((0, 255), "uint8"), ((0, 256), "uint16"), ((0, 70_000), "uint32"), ((-1, 3), "int8")],
)
def test_the_smallest_type_that_holds_the_labels(values: tuple[int, int], dtype: str, tmp_path: Path) -> None:
    layer = Labels(np.array([values, values], np.int64))
    _save(write_tiff, tmp_path / "labels.tif", layer)
    image = open_image(tmp_path / "labels.tif")
    assert image.dtype == dtype
    np.testing.assert_array_equal(image.read()[0], layer.data)


def test_outlines_read_back_as_the_same_objects(tmp_path: Path) -> None:
    layer = _cells()
    written = _save(write_outlines, tmp_path / "cells.outlines.tif", layer)
    image = open_image(Path(written[0]))
    assert image.dtype == np.uint8
    for index in image.planes:
        drawn = image.read(index)[0]
        assert set(np.unique(drawn)) <= {0, 255}
        np.testing.assert_array_equal(fill_outlines(drawn > 0), layer.data[index] > 0)


def test_outlines_of_real_nuclei_that_do_not_touch(data: Path) -> None:
    """Rings of the masks of dsb2018 fill to the masks; where nuclei touch or have holes, to a little more."""
    same = 0
    for path in find_images(data / "dsb2018" / "fluo" / "masks")[:40]:
        labels = open_image(path).read()[0]
        filled = fill_outlines(outlines(labels) > 0)
        assert filled[labels > 0].all()
        same += np.array_equal(filled, labels > 0)
    assert same >= 30


def test_a_file_is_replaced_and_a_folder_never(tmp_path: Path) -> None:
    layer = _cells()
    (tmp_path / "cells.tif").write_text("old")
    _save(write_tiff, tmp_path / "cells.tif", layer)
    assert open_image(tmp_path / "cells.tif").axes == "ZYX"
    _save(write_zarr, tmp_path / "cells.zarr", layer)
    with pytest.raises(OutputError, match=r"cells\.zarr: is there already"):
        _save(write_zarr, tmp_path / "cells.zarr", layer)


def test_a_suffix_is_added_but_nothing_replaced_that_nobody_was_asked_about(tmp_path: Path) -> None:
    layer = _cells()
    assert _save(write_tiff, tmp_path / "day.2", layer) == [str(tmp_path / "day.2.tif")]
    with pytest.raises(OutputError, match=r"day\.2\.tif: is there already"):
        _save(write_tiff, tmp_path / "day.2", layer)


def test_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot be written"):
        _save(write_tiff, tmp_path / "file" / "cells.tif", _cells())


def test_multiscale_labels_are_written_at_full_resolution(tmp_path: Path) -> None:
    labels = np.arange(16 * 16).reshape(16, 16)
    _save(write_tiff, tmp_path / "a.tif", Labels([labels, labels[::2, ::2]], multiscale=True))
    assert open_image(tmp_path / "a.tif").width == 16


def test_layer_save_finds_the_writers(tmp_path: Path) -> None:
    layer = _cells()
    saved = layer.save(str(tmp_path / "cells.zarr"), plugin="napari-cytounet")
    assert saved == [str(tmp_path / "cells.zarr")]
    saved = layer.save(str(tmp_path / "cells.outlines.tif"))
    assert np.unique(open_image(Path(saved[0])).read((0,))).tolist() == [0, 255]
