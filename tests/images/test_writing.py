from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.errors import OutputError
from napari_cytounet.images import tiff_writing
from napari_cytounet.images.image import PixelSize
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import open_writer, write_image

RNG = np.random.default_rng(0)
SUFFIXES = pytest.mark.parametrize("suffix", [".tif", ".ome.tif", ".zarr"])
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@settings(deadline=None, max_examples=40)
@given(
    axes=st.permutations("TZCYX").map("".join),
    count=st.integers(2, 5),
    dtype=st.sampled_from(["bool", "uint8", ">u2", "int32", "uint32", "float32", "float64"]),
    pixel_size=st.none()
    | st.builds(PixelSize, y=st.floats(1e-3, 99), x=st.floats(1e-3, 99), z=st.floats(1e-3, 99)),
    tags=st.dictionaries(TEXTS, TEXTS, max_size=3),
    suffix=st.sampled_from([".tif", ".zarr"]),
    data=st.data(),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    axes: str,
    count: int,
    dtype: str,
    pixel_size: PixelSize | None,
    tags: dict[str, str],
    suffix: str,
    data: st.DataObject,
) -> None:
    axes = "".join(letter for letter in axes if letter in "YXCZT"[:count])
    sizes = {letter: data.draw(st.integers(2, 7)) for letter in axes}
    array = RNG.integers(0, 2 if dtype == "bool" else 200, list(sizes.values())).astype(dtype)
    path = tmp_path_factory.mktemp("out") / f"cells{suffix}"
    write_image(path, array, axes, pixel_size=pixel_size, tags=tags)

    image = open_image(path)
    assert image.tags == tags
    assert image.dtype == ("uint8" if dtype == "bool" else np.dtype(dtype).newbyteorder("="))
    if pixel_size is None or "Z" not in axes:
        assert image.pixel_size is None or (image.pixel_size.y, image.pixel_size.x) == (
            pixel_size.y,
            pixel_size.x,
        )
    else:
        assert image.pixel_size == pixel_size
    full = array.transpose([axes.index(letter) for letter in "TZCYX" if letter in axes])
    for index in image.planes:
        np.testing.assert_array_equal(image.read(index), full[index].reshape(-1, sizes["Y"], sizes["X"]))


@SUFFIXES
def test_boxes_of_any_size_in_any_order(tmp_path: Path, suffix: str) -> None:
    expected = RNG.integers(1, 99, (2, 3, 70, 90)).astype(np.uint16)
    path = tmp_path / f"cells{suffix}"
    with open_writer(path, sizes={"Z": 2, "C": 3, "Y": 70, "X": 90}, dtype="uint16") as writer:
        for top, left, z in [
            (64, 64, 0),
            (0, 0, 1),
            (64, 0, 1),
            (0, 64, 0),
            (0, 0, 0),
            (64, 0, 0),
            (0, 64, 1),
            (64, 64, 1),
        ]:
            rows, columns = slice(top, min(top + 64, 70)), slice(left, min(left + 64, 90))
            writer.write((z,), rows, columns, expected[z, :, rows, columns])
        assert not path.exists()
    image = open_image(path)
    assert image.name == "cells"
    for z in range(2):
        np.testing.assert_array_equal(image.read((z,)), expected[z])


@SUFFIXES
def test_what_is_not_written_is_0(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cells{suffix}"
    with open_writer(path, sizes={"Y": 20, "X": 30}, dtype="float32") as writer:
        writer.write((), slice(5, 9), slice(2, 3), np.ones((4, 1)))
        writer.write((), slice(5, 5), slice(None), np.ones((0, 30)))
    assert open_image(path).read().sum() == 4


def write_image_and_too_much(path: Path) -> None:
    with open_writer(path, sizes={"Y": 5, "X": 6}, dtype="uint8") as writer:
        writer.write((), slice(None), slice(None), np.full((5, 6), 2))
        writer.write((), slice(None), slice(None), np.full((9, 9), 2))


@SUFFIXES
def test_results_are_replaced_at_the_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cells{suffix}"
    write_image(path, np.full((5, 6), 1, np.uint8), "YX")
    with pytest.raises(ValueError, match="do not fit"):
        write_image_and_too_much(path)
    assert open_image(path).read().max() == 1
    write_image(path, np.full((5, 6), 3, np.uint8), "YX")
    assert open_image(path).read().max() == 3
    assert list(tmp_path.iterdir()) == [path]


def test_large_files_are_bigtiff_and_sparse(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    with open_writer(path, sizes={"C": 3, "Y": 20_000, "X": 20_000}, dtype="float32") as writer:
        writer.write((), slice(19_000, 19_004), slice(500, 510), np.ones((3, 4, 10)))
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_bigtiff
    tracemalloc.start()
    box = open_image(path).read((), slice(18_996, 19_008), slice(490, 520))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert box.sum() == 120
    assert peak < 20 * 2**20
    path.unlink()


def test_a_box_of_a_large_zarr_takes_only_its_chunks(tmp_path: Path) -> None:
    path = tmp_path / "cells.zarr"
    tracemalloc.start()
    with open_writer(path, sizes={"C": 2, "Y": 20_000, "X": 20_000}, dtype="float32") as writer:
        writer.write((), slice(5000, 5600), slice(100, 700), np.ones((2, 600, 600), np.float32))
    box = open_image(path).read((), slice(4990, 5600), slice(90, 700))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert box.sum() == 2 * 600 * 600
    assert peak < 64 * 2**20
    chunks = [
        chunk for chunk in (path / "0").rglob("*") if chunk.is_file() and not chunk.name.startswith(".")
    ]
    assert len(chunks) == 2 * 2 * 2


def test_ome_tiff_as_other_programs_see_it(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    array = RNG.random((2, 3, 20, 30), np.float32)
    write_image(path, array, "ZCYX", pixel_size=PixelSize(0.5, 0.25, 2.0), tags={"kind": "probabilities"})
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == "ZCYX"
        np.testing.assert_array_equal(tiff.series[0].asarray(), array)
        ome = tifffile.xml2dict(tiff.ome_metadata)["OME"]
    assert ome["Image"]["Name"] == "cells"
    pixels = ome["Image"]["Pixels"]
    assert (pixels["PhysicalSizeY"], pixels["PhysicalSizeX"], pixels["PhysicalSizeZ"]) == (0.5, 0.25, 2.0)
    assert ome["StructuredAnnotations"]["MapAnnotation"]["Value"]["M"] == {
        "K": "kind",
        "value": "probabilities",
    }


def test_ome_zarr_as_other_programs_see_it(tmp_path: Path) -> None:
    path = tmp_path / "cells.zarr"
    array = RNG.random((2, 3, 4, 20, 30), np.float32)
    write_image(path, array, "TZCYX", pixel_size=PixelSize(0.5, 0.25, 2.0))
    group = zarr.open_group(path, mode="r", zarr_format=2)
    (image,) = group.attrs.asdict()["multiscales"]
    assert (image["version"], image["name"]) == ("0.4", "cells")
    assert [axis["type"] for axis in image["axes"]] == ["time", "channel", "space", "space", "space"]
    assert [axis.get("unit") for axis in image["axes"]] == [None, None] + ["micrometer"] * 3
    assert image["datasets"][0]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1, 1, 2.0, 0.5, 0.25]}
    ]
    stored: Any = group["0"]
    assert stored.chunks == (1, 1, 1, 20, 30)
    assert stored.metadata.dimension_separator == "/"
    np.testing.assert_array_equal(stored[...], array.transpose(0, 2, 1, 3, 4))


def test_a_temporary_file_carries_the_name_of_the_final_one(tmp_path: Path) -> None:
    sizes = {"Y": 4, "X": 5}
    with open_writer(tmp_path / ".cells.12ab.tif", sizes=sizes, dtype="uint8", name="cells"):
        pass
    with tifffile.TiffFile(tmp_path / ".cells.12ab.tif") as tiff:
        assert tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Name"] == "cells"
    with open_writer(tmp_path / ".cells.12ab.zarr", sizes=sizes, dtype="uint8", name="cells"):
        pass
    group = zarr.open_group(tmp_path / ".cells.12ab.zarr", mode="r", zarr_format=2)
    assert group.attrs.asdict()["multiscales"][0]["name"] == "cells"


def test_what_cannot_be_written(tmp_path: Path) -> None:
    image = np.zeros((5, 6), np.int64)
    with pytest.raises(OutputError, match=r"cells\.png.*\.tif"):
        write_image(tmp_path / "cells.png", image, "YX")
    with pytest.raises(OutputError, match="int64"):
        write_image(tmp_path / "cells.tif", image, "YX")
    with pytest.raises(ValueError, match="printable"):
        write_image(tmp_path / "cells.zarr", image, "YX", tags={"a": "\0"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".tif", ".zarr"])
def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"cells{suffix}"
    write_image(path, np.full((5, 6), 1, np.uint8), "YX")

    def full(*arguments: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tiff_writing.TiffWriter, "_write", full)
    monkeypatch.setattr(zarr.Array, "__setitem__", full)
    with pytest.raises(OutputError, match="full"):
        write_image(path, np.full((5, 6), 2, np.uint8), "YX")
    assert open_image(path).read().max() == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 1 MB."""
    mount, unmount, disk = shutil.which("mount"), shutil.which("umount"), tmp_path / "disk"
    disk.mkdir()
    if mount is None or unmount is None or os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    tried = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {tried.stderr.decode().strip()}")
    yield disk
    subprocess.run([unmount, str(disk)], check=True)


@pytest.mark.parametrize("suffix", [".tif", ".zarr"])
def test_a_disk_that_is_really_full(small_disk: Path, suffix: str) -> None:
    path = small_disk / f"cells{suffix}"
    write_image(path, np.ones((5, 6), np.uint8), "YX")
    with pytest.raises(OutputError, match=r"full.*another folder"):
        write_image(path, RNG.random((1000, 1000)), "YX")
    assert open_image(path).read().max() == 1
    assert list(small_disk.iterdir()) == [path]
