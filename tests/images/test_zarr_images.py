from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import PixelSize
from napari_cytounet.images.reading import find_images, open_image

ARRAY = np.random.default_rng(0).integers(0, 999, (2, 3, 40, 30)).astype(np.uint16)
AXES = [
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "nanometer"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.zarr"


def multiscale(scale: list[float], axes: Any = AXES) -> dict[str, Any]:
    transformations = [
        {"type": "scale", "scale": scale},
        {"type": "translation", "translation": [9, 9, 9, 9]},
    ]
    datasets = [{"path": "full", "coordinateTransformations": transformations}, {"path": "half"}]
    return {"axes": axes, "datasets": datasets} if axes else {"datasets": datasets}


def write_group(path: Path, zarr_format: Any, attributes: dict[str, Any], array: Any = ARRAY) -> None:
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    group.create_array("full", data=array)
    group.create_array("half", data=array[..., ::2, ::2])
    group.attrs.update(attributes)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_plain_arrays(path: Path, zarr_format: Any) -> None:
    zarr.save_array(path, ARRAY[0], zarr_format=zarr_format)
    image = open_image(path)
    assert (image.axes, image.name) == ("ZYX", "cells")
    np.testing.assert_array_equal(image.read((1,), slice(5, 9)), ARRAY[0, 1:2, 5:9])


def test_named_dimensions(path: Path) -> None:
    zarr.create_array(path, data=ARRAY, dimension_names=["c", "t", "y", "x"])
    assert open_image(path).axes == "CTYX"


def test_named_dimensions_of_xarray(path: Path) -> None:
    array = zarr.create_array(path, data=ARRAY[0], zarr_format=2)
    array.attrs["_ARRAY_DIMENSIONS"] = ["t", "y", "x"]
    assert open_image(path).axes == "TYX"


def test_long_names_of_dimensions_say_nothing(path: Path) -> None:
    zarr.create_array(path, data=ARRAY[0], dimension_names=["depth", "row", "column"])
    assert open_image(path).axes == "ZYX"


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_full_resolution(path: Path, version: str) -> None:
    multiscales = {"multiscales": [multiscale([1, 2000, 0.5, 0.25])]}
    if version == "0.4":
        write_group(path, 2, multiscales)
    else:
        write_group(path, 3, {"ome": multiscales | {"version": version}})
    image = open_image(path)
    assert image.axes == "CZYX"
    assert image.pixel_size == PixelSize(y=0.5, x=0.25, z=2.0)
    np.testing.assert_array_equal(image.read((2,)), ARRAY[:, 2])


def test_scales_of_the_level_and_of_the_image_multiply(path: Path) -> None:
    image = multiscale([1, 1, 2, 2]) | {
        "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 0.5, 0.1]}]
    }
    write_group(path, 2, {"multiscales": [image]})
    assert open_image(path).pixel_size == PixelSize(y=1.0, x=0.2, z=0.001)


def test_axes_that_are_only_names(path: Path) -> None:
    write_group(path, 2, {"multiscales": [multiscale([1, 1, 1, 1], list("tcyx"))]})
    image = open_image(path)
    assert (image.axes, image.pixel_size) == ("TCYX", None)


def test_early_versions_have_no_axes(path: Path) -> None:
    write_group(path, 2, {"multiscales": [multiscale([1] * 5, None)]}, ARRAY[np.newaxis])
    assert open_image(path).axes == "CZYX"


def test_a_scale_without_unit_is_said(path: Path) -> None:
    write_group(path, 2, {"multiscales": [multiscale([1, 1, 0.5, 0.5], list("tcyx"))]})
    image = open_image(path)
    assert image.pixel_size == PixelSize(0.5, 0.5)
    assert "unit" in image.notes[0]


def test_bioformats2raw_holds_its_image_in_0(path: Path) -> None:
    zarr.open_group(path, mode="w", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    write_group(path / "0", 2, {"multiscales": [multiscale([1, 1, 1, 1])]})
    assert open_image(path).axes == "CZYX"


def test_a_group_with_one_array(path: Path) -> None:
    zarr.open_group(path, mode="w").create_array("only", data=ARRAY[0])
    assert open_image(path).axes == "ZYX"


def test_groups_that_are_no_image(path: Path) -> None:
    write_group(path, 3, {})
    with pytest.raises(ImageError, match=r"cells\.zarr.*full, half"):
        open_image(path)
    write_group(path, 3, {"ome": {"plate": {}}})
    with pytest.raises(ImageError, match=r"cells\.zarr.*plate.*A/1/0"):
        open_image(path)


def test_a_folder_that_is_no_zarr(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ImageError, match=r"cells\.zarr.*zarr\.json"):
        open_image(path)


def test_damaged_metadata(path: Path) -> None:
    zarr.save_array(path, ARRAY[0])
    (path / "zarr.json").write_text('{"zarr_format": 3,')
    with pytest.raises(ImageError, match=r"cells\.zarr.*damaged"):
        open_image(path)


def test_axes_of_another_kind(path: Path) -> None:
    axes = [{"name": "wavelength"}, *AXES[1:]]
    write_group(path, 2, {"multiscales": [multiscale([1, 1, 1, 1], axes)]})
    with pytest.raises(ImageError, match="--axes"):
        open_image(path)


def test_a_damaged_chunk_says_so_when_it_is_read(path: Path) -> None:
    zarr.save_array(path, ARRAY[0])
    image = open_image(path)
    for chunk in (path / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"nonsense")
    with pytest.raises(ImageError, match=r"cells\.zarr"):
        image.read((0,))


@pytest.mark.parametrize("codecs", [{"filters": [{"id": "pickle"}]}, {"compressor": {"id": "pickle"}}])
@pytest.mark.parametrize("dtype", ["|u1", "|O"])
def test_chunks_are_never_unpickled(path: Path, codecs: dict[str, Any], dtype: str) -> None:
    path.mkdir()
    metadata = {
        "zarr_format": 2,
        "shape": [2, 2],
        "chunks": [2, 2],
        "dtype": dtype,
        "fill_value": 0,
        "order": "C",
    }
    (path / ".zarray").write_text(json.dumps(metadata | {"compressor": None, "filters": None} | codecs))
    with pytest.raises(ImageError, match=r"cells\.zarr"):
        open_image(path)


def test_pickles_behind_another_filter(path: Path) -> None:
    path.mkdir()
    filters = [{"id": "delta", "dtype": "|u1"}, {"id": "pickle"}]
    metadata = {
        "zarr_format": 2,
        "shape": [2, 2],
        "chunks": [2, 2],
        "dtype": "|u1",
        "fill_value": 0,
        "order": "C",
    }
    (path / ".zarray").write_text(json.dumps(metadata | {"compressor": None, "filters": filters}))
    with pytest.raises(ImageError, match=r"cells\.zarr"):
        open_image(path)


def test_a_zarr_folder_is_one_image(path: Path) -> None:
    zarr.save_array(path, ARRAY[0])
    zarr.save_array(path.parent / "no suffix", ARRAY[0])
    assert find_images(path) == [path]
    assert find_images(path.parent) == [path, path.parent / "no suffix"]
