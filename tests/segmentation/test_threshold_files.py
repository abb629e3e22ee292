from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_cytounet.errors import Cancelled, ImageError, OutputError, SettingsError
from napari_cytounet.events import FileWritten, Notice, Progress
from napari_cytounet.images.image import Image, PixelSize
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.segmentation import plane_labels
from napari_cytounet.segmentation.segmented_image import segment_image
from napari_cytounet.segmentation.segmenting import segment, threshold_image
from napari_cytounet.segmentation.threshold_files import threshold
from napari_cytounet.segmentation.thresholds import find_threshold
from napari_cytounet.settings import ImageSettings, ThresholdSettings

OTSU = ThresholdSettings(method="otsu")


@pytest.fixture
def in_small_bands(monkeypatch):
    monkeypatch.setattr(plane_labels, "BAND_PIXELS", 16)
    monkeypatch.setattr(plane_labels, "CHUNK_ROWS", 2)


@pytest.fixture
def cells(tmp_path) -> Path:
    """A folder of two grey images, with two and with three cells."""
    folder = tmp_path / "images"
    for name, count in (("img_2", 2), ("img_10", 3)):
        image = np.full((20, 40), 300, np.uint16)
        for cell in range(count):
            image[5:12, 10 * cell + 3 : 10 * cell + 9] = 4000
        write_image(folder / f"{name}.tif", image, "YX", pixel_size=PixelSize(0.5, 0.5))
    return folder


def write_probabilities(path: Path, values: np.ndarray, axes: str = "CYX", **tags: str) -> Path:
    write_image(path, values.astype(np.float32), axes, tags={"kind": "probabilities"} | tags)
    return path


def test_folder_of_images(cells, tmp_path):
    events = []
    result = threshold([cells], tmp_path / "out", OTSU, on_event=events.append)
    assert [file.name for file in result.files] == ["img_2", "img_10"]
    assert [file.objects for file in result.files] == [2, 3]
    assert not result.stopped
    assert [Path(event.path) for event in events if isinstance(event, FileWritten)] == [
        tmp_path / "out" / kind / f"{name}.tif"
        for name in ("img_2", "img_10")
        for kind in ("classes", "instances")
    ]
    assert Progress("images", 2, 2) in events
    instances = open_image(result.files[1].instances)
    assert instances.dtype == np.uint8
    assert instances.pixel_size == PixelSize(0.5, 0.5)
    assert instances.tags["kind"] == "instances"
    assert json.loads(instances.tags["segmentation"])["thresholds"] == [[300.5]]
    expected = threshold_image(open_image(cells / "img_10.tif").read()[0], OTSU)
    np.testing.assert_array_equal(instances.read()[0], expected.instances)
    np.testing.assert_array_equal(open_image(result.files[1].classes).read()[0], expected.classes)


def test_calibrated_thresholds_come_with_the_probabilities(tmp_path):
    values = np.zeros((2, 6, 6))
    values[0, :2], values[1, 4:] = 0.4, 0.3
    path = write_probabilities(tmp_path / "p" / "a.tif", values, thresholds="[0.5, 0.25]", model="abc")
    result = threshold([path], tmp_path)
    np.testing.assert_array_equal(open_image(result.files[0].classes).read()[0, :, 0], [0, 0, 0, 0, 2, 2])
    assert result.files[0].thresholds == ((0.5, 0.25),)
    assert open_image(result.files[0].instances).tags["model"] == "abc"


@pytest.mark.parametrize("suffix", [".tif", ".zarr"])
def test_stacks_plane_by_plane_in_the_format_of_the_input(tmp_path, suffix):
    stack = np.zeros((2, 3, 8, 9), np.uint8)
    stack[1, 2, 2:4, 2:4] = stack[1, 2, 6:, 6:] = 50
    stack[0, 1, 3, 3:6] = 200
    write_image(tmp_path / f"stack{suffix}", stack, "TZYX")
    file = threshold([tmp_path / f"stack{suffix}"], tmp_path / "out", OTSU).files[0]
    assert file.instances == tmp_path / "out" / "instances" / f"stack{suffix}"
    instances = open_image(file.instances)
    assert (instances.plane_axes, file.objects) == ("TZ", 3)
    for index in instances.planes:
        expected = threshold_image(stack[index], OTSU).instances
        np.testing.assert_array_equal(instances.read(index)[0], expected)


@given(
    probabilities=arrays(
        np.float32,
        st.tuples(st.integers(1, 2), st.integers(1, 15), st.integers(1, 9)),
        elements=st.floats(0, 1, width=16),
    ),
    fill=st.booleans(),
    min_size=st.integers(0, 5),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bands_give_what_the_whole_plane_gives(in_small_bands, tmp_path, probabilities, fill, min_size):
    chosen = ThresholdSettings(fill_holes=fill, min_size=min_size)
    thresholds = (0.5,) * len(probabilities)
    image = Image.from_array(probabilities, "CYX")
    for _ in segment_image(image, thresholds, chosen, tmp_path, stem="a", overwrite=True):
        pass
    expected = segment(probabilities, thresholds, chosen)
    np.testing.assert_array_equal(open_image(tmp_path / "instances" / "a.tif").read()[0], expected.instances)
    np.testing.assert_array_equal(open_image(tmp_path / "classes" / "a.tif").read()[0], expected.classes)


def test_a_grid_of_pixels_decides_in_large_planes(in_small_bands, tmp_path, monkeypatch):
    random = np.random.default_rng(1)
    image = random.normal(100, 5, (101, 90))
    image[20:70, 30:60] += 80
    monkeypatch.setattr(plane_labels, "SAMPLE_PIXELS", 1000)
    image = image.astype(np.float32)
    write_image(tmp_path / "large.tif", image, "YX")
    file = threshold([tmp_path / "large.tif"], tmp_path, OTSU).files[0]
    assert file.thresholds == ((find_threshold(image[::4, ::4], "otsu"),),)
    np.testing.assert_array_equal(open_image(file.classes).read()[0], image >= file.thresholds[0][0])


def test_refuses_to_split_a_very_large_plane(cells, tmp_path, monkeypatch):
    monkeypatch.setattr(plane_labels, "SPLIT_PIXELS", 500)
    with pytest.raises(SettingsError, match=r"img_2\.tif.*20 x 40"):
        threshold([cells], tmp_path / "out", ThresholdSettings(method="otsu", split_touching=True))


def test_a_wrong_size_shows_before_anything_is_written(cells, tmp_path, monkeypatch):
    write_image(cells / "img_11.tif", np.eye(60, dtype=np.uint8), "YX")
    monkeypatch.setattr(plane_labels, "SPLIT_PIXELS", 1000)
    with pytest.raises(SettingsError, match=r"img_11\.tif.*60 x 60"):
        threshold(cells, tmp_path / "out", ThresholdSettings(method="otsu", split_touching=True))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("as_written", [str, Path])
def test_one_path_stands_for_itself(cells, tmp_path, as_written):
    assert len(threshold(as_written(cells), str(tmp_path / "out"), OTSU).files) == 2


def test_axes_of_the_user_are_not_for_our_probabilities(tmp_path):
    path = write_probabilities(tmp_path / "p" / "a.tif", np.ones((2, 6, 8)), thresholds="[0.5, 0.5]")
    file = threshold(path, tmp_path, images=ImageSettings(axes="ZYX")).files[0]
    assert open_image(file.classes).read().shape == (1, 6, 8)


def test_never_overwrites_unasked(cells, tmp_path):
    threshold([cells / "img_10.tif"], tmp_path / "out", OTSU)
    with pytest.raises(OutputError, match=r"img_10\.tif: is there already.*--overwrite"):
        threshold([cells], tmp_path / "out", OTSU)
    assert not (tmp_path / "out" / "classes" / "img_2.tif").exists()
    assert len(threshold([cells], tmp_path / "out", OTSU, overwrite=True).files) == 2


def test_calibrated_on_a_raw_image_names_the_way_out(cells, tmp_path):
    with pytest.raises(SettingsError, match=r"img_2\.tif: carries no calibrated thresholds.*--method otsu"):
        threshold([cells], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stored", ["[0.5, 0.5]", "nonsense", "0.5"])
def test_damaged_thresholds(tmp_path, stored):
    path = write_probabilities(tmp_path / "a.tif", np.zeros((1, 4, 4)), thresholds=stored)
    with pytest.raises(ImageError, match=r"a\.tif: the thresholds that it carries are damaged"):
        threshold([path], tmp_path)


def test_what_cannot_be_thresholded(tmp_path):
    colour = np.random.default_rng(0).integers(0, 255, (3, 9, 9), np.uint8)
    write_image(tmp_path / "colour.tif", colour, "CYX")
    with pytest.raises(ImageError, match=r"colour\.tif: has 3 channels"):
        threshold([tmp_path / "colour.tif"], tmp_path, OTSU)
    write_image(tmp_path / "labels.tif", colour[0], "YX", tags={"kind": "instances"})
    with pytest.raises(ImageError, match=r"labels\.tif: holds labels"):
        threshold([tmp_path / "labels.tif"], tmp_path, OTSU)
    path = write_probabilities(tmp_path / "p.tif", np.zeros((1, 4, 4)), thresholds="[0.5]")
    with pytest.raises(SettingsError, match=r"p\.tif: .* --dark-objects"):
        threshold([path], tmp_path, ThresholdSettings(dark_objects=True))
    with pytest.raises(SettingsError, match=r"p\.tif: .* from 0 to 1, not 127"):
        threshold([path], tmp_path, ThresholdSettings(method="fixed", value=127))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_a_number_names_file_and_plane(tmp_path, value):
    stack = np.zeros((2, 5, 5), np.float32)
    stack[1, 2, 2] = value
    write_image(tmp_path / "stack.tif", stack, "ZYX")
    with pytest.raises(ImageError, match=r"stack\.tif: stack Z=1 holds NaN or infinite values"):
        threshold([tmp_path / "stack.tif"], tmp_path / "out", ThresholdSettings(method="fixed", value=1))
    assert not list((tmp_path / "out").rglob("*.tif"))


def test_same_names_in_two_folders(cells, tmp_path):
    write_image(tmp_path / "more" / "img_2.tif", np.eye(4, dtype=np.uint8), "YX")
    with pytest.raises(OutputError, match="have the same name"):
        threshold([cells, tmp_path / "more"], tmp_path / "out", OTSU)


def test_an_empty_image_is_said_to_be_empty(tmp_path):
    write_image(tmp_path / "empty.tif", np.full((5, 5), 9, np.uint8), "YX")
    events = []
    result = threshold([tmp_path / "empty.tif"], tmp_path, OTSU, on_event=events.append)
    file = result.files[0]
    assert Notice("empty: no object was found") in events
    assert not open_image(file.classes).read().any()
    assert json.loads(open_image(file.classes).tags["segmentation"])["thresholds"] == [[None]]
    assert json.loads(json.dumps(result.as_dict(), allow_nan=False)) == {
        "stopped": False,
        "files": [
            {
                "name": "empty",
                "classes": str(tmp_path / "classes" / "empty.tif"),
                "instances": str(tmp_path / "instances" / "empty.tif"),
                "objects": 0,
                "thresholds": [[None]],
            }
        ],
    }


def test_cancelling_keeps_what_is_complete(cells, tmp_path):
    cancel = threading.Event()

    def stop_after_the_first(event):
        if isinstance(event, Progress):
            cancel.set()

    result = threshold([cells], tmp_path / "out", OTSU, cancel=cancel, on_event=stop_after_the_first)
    assert result.stopped
    assert [file.name for file in result.files] == ["img_2"]
    assert [path.stem for path in find_images(tmp_path / "out" / "instances")] == ["img_2"]


def test_cancelling_at_once_leaves_nothing(cells, tmp_path):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="img_2"):
        threshold([cells], tmp_path / "out", OTSU, cancel=cancel)
    assert not list((tmp_path / "out").rglob("*.*"))


def test_only_what_is_asked_for_is_written(tmp_path):
    job = segment_image(
        Image.from_array(np.eye(5)), (0.5,), OTSU, tmp_path, stem="a", suffix=".zarr", outputs=("classes",)
    )
    assert [type(event) for event in job] == [FileWritten]
    assert open_image(tmp_path / "classes" / "a.zarr").read().sum() == 5
    assert not (tmp_path / "instances").exists()


def test_an_output_folder_that_cannot_be_made(cells, tmp_path):
    (tmp_path / "out").write_text("a file is in the way")
    with pytest.raises(OutputError, match="out"):
        threshold([cells], tmp_path / "out", OTSU)


def test_grey_images_saved_as_colour(data, tmp_path):
    path = find_images(data / "bbbc030" / "train" / "images")[0]
    events = []
    result = threshold([path], tmp_path, OTSU, on_event=events.append)
    assert any("1 of 1 files" in event.text for event in events if isinstance(event, Notice))
    assert open_image(result.files[0].classes).read().shape == (1, 1032, 1376)


def test_stack_in_time_and_depth(data, tmp_path):
    path = data / "ctc_cho_tzyx" / "image.tif"
    chosen = ThresholdSettings(method="otsu", min_size=20, fill_holes=True)
    file = threshold([path], tmp_path, chosen).files[0]
    assert len(file.thresholds) == 20
    assert file.objects > 20
