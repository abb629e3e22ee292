from __future__ import annotations

import csv
import json
import threading

import numpy as np
import pytest
import tifffile

from napari_cytounet.errors import Cancelled, ImageError, MaskError, OutputError, PairingError
from napari_cytounet.events import Notice, Progress
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.measuring import measure, measuring
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings


def squares(*corners, size=10):
    labels = np.zeros((48, 64), np.uint16)
    for number, (top, left) in enumerate(corners, start=1):
        labels[top : top + size, left : left + size] = number
    return labels


def write_instances(path, values, axes="YX", **options):
    write_image(path, values, axes, tags={"kind": "instances"}, **options)


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def labels(tmp_path):
    folder = tmp_path / "instances"
    write_instances(folder / "a.tif", squares((2, 2), (20, 20)), pixel_size=PixelSize(0.5, 0.25))
    write_instances(folder / "b.tif", squares((30, 30)))
    write_instances(folder / "none.tif", squares())
    return folder


def test_a_row_an_object(labels, tmp_path):
    result = measure(labels, tmp_path / "t.csv")
    rows = rows_of(tmp_path / "t.csv")
    assert [(row["image"], row["plane"], row["label"]) for row in rows] == [
        ("a", "", "1"),
        ("a", "", "2"),
        ("b", "", "1"),
    ]
    assert [row["area_px"] for row in rows] == ["100"] * 3
    assert [row["area_um2"] for row in rows] == ["12.5", "12.5", ""]
    assert rows[0]["centroid_y_px"] == "6.5"
    assert result.objects == 3
    assert [(image.name, image.objects, image.mean_area_px) for image in result.per_image] == [
        ("a", 2, 100.0),
        ("b", 1, 100.0),
        ("none", 0, None),
    ]
    assert json.loads(json.dumps(result.as_dict()))["per_image"][0]["mean_area_um2"] == 12.5


def test_intensities_of_paired_images(labels, tmp_path):
    for number, name in enumerate(["a", "b", "none"], start=1):
        image = np.stack([squares((2, 2), (20, 20), (30, 30)), np.full((48, 64), number)]).astype(np.float32)
        write_image(tmp_path / "images" / f"{name}.tif", image, "CYX")
    measure(labels, tmp_path / "t.csv", image=tmp_path / "images")
    rows = rows_of(tmp_path / "t.csv")
    assert [row["mean_intensity_c1"] for row in rows] == ["1.0", "1.0", "2.0"]
    assert rows[1]["max_intensity_c0"] == "2.0"


def test_planes_are_named(tmp_path):
    stack = np.stack([squares((2, 2)), squares(), squares((2, 2), (20, 20))])
    write_instances(tmp_path / "s.tif", stack, "TYX")
    measure(tmp_path / "s.tif", tmp_path / "t.csv")
    assert [row["plane"] for row in rows_of(tmp_path / "t.csv")] == ["T=0", "T=2", "T=2"]


def test_class_maps_give_patches_with_their_class(tmp_path):
    classes = squares((2, 2), (20, 20)).astype(np.uint8)
    classes[40:44, 50:54] = 1
    write_image(tmp_path / "c.tif", classes, "YX", tags={"kind": "classes"})
    events = []
    measure(tmp_path / "c.tif", tmp_path / "t.csv", on_event=events.append)
    assert [(row["class"], row["area_px"]) for row in rows_of(tmp_path / "t.csv")] == [
        ("1", "100"),
        ("2", "100"),
        ("1", "16"),
    ]
    assert any("connected patch" in event.text for event in events if isinstance(event, Notice))


@pytest.fixture
def two_classes(tmp_path):
    """Results of a model of two classes, as a prediction writes them: return the folder of the instances."""
    stack = np.stack([squares((2, 2), (2, 12), (30, 30)), squares((20, 20))])
    classes = np.where(stack == 2, 2, np.minimum(stack, 1)).astype(np.uint8)
    tags = {"classes": '["class 3", "class 7"]', "segmentation": "{}", "model": "abc"}
    for kind, values in (("instances", stack), ("classes", classes)):
        write_image(tmp_path / "out" / kind / "s.tif", values, "ZYX", tags=tags | {"kind": kind})
    return tmp_path / "out" / "instances"


def test_instances_of_several_classes_get_their_class_from_the_class_map(two_classes, tmp_path):
    write_instances(two_classes / "t.tif", squares((5, 5)))
    measure(two_classes, tmp_path / "t.csv")
    rows = rows_of(tmp_path / "t.csv")
    assert list(rows[0])[:5] == ["image", "plane", "label", "class", "class_name"]
    assert [(row["label"], row["class"], row["class_name"]) for row in rows] == [
        ("1", "1", "class 3"),
        ("2", "2", "class 7"),
        ("3", "1", "class 3"),
        ("1", "1", "class 3"),
        ("1", "", ""),
    ]


def test_class_maps_of_several_classes_name_them(two_classes, tmp_path):
    measure(two_classes.parent / "classes", tmp_path / "t.csv")
    names = [row["class_name"] for row in rows_of(tmp_path / "t.csv")]
    assert names == ["class 3", "class 7", "class 3", "class 3"]


def test_without_a_class_map_there_is_no_class(two_classes, tmp_path):
    (two_classes.parent / "classes" / "s.tif").unlink()
    assert measure(two_classes, tmp_path / "t.csv").objects == 4
    assert "class" not in rows_of(tmp_path / "t.csv")[0]


@pytest.mark.parametrize("model", ["abc", "another"])
def test_a_class_map_of_another_result_is_refused(two_classes, tmp_path, model):
    tags = {"kind": "classes", "classes": '["class 3", "class 7"]', "segmentation": "{}", "model": model}
    nothing = np.zeros((2, 48, 64), np.uint8)
    write_image(two_classes.parent / "classes" / "s.tif", nothing, "ZYX", tags=tags)
    with pytest.raises(MaskError, match=r"s\.tif: does not tell the classes"):
        measure(two_classes, tmp_path / "t.csv")


def test_what_was_guessed_while_reading_is_told_once(tmp_path):
    (tmp_path / "images").mkdir()
    for name in "ab":
        write_instances(tmp_path / "labels" / f"{name}.tif", squares((2, 2)))
        grey = np.stack([squares((2, 2)).astype(np.uint8)] * 3, -1)
        tifffile.imwrite(tmp_path / "images" / f"{name}.tif", grey, photometric="rgb")
    events = []
    result = measure(
        tmp_path / "labels", tmp_path / "t.csv", image=tmp_path / "images", on_event=events.append
    )
    assert "(2 of 4 files)" in result.notes[-1]
    assert events.count(Notice(result.notes[-1])) == 1


def test_masks_of_others_are_understood(tmp_path):
    binary = (squares((2, 2), (20, 20)) > 0) * np.uint8(255)
    write_image(tmp_path / "m.tif", binary, "YX")
    result = measure(tmp_path / "m.tif", tmp_path / "t.csv")
    assert result.objects == 2
    assert "binary" in result.notes[0]
    settings = MaskSettings(masks=MaskKind.CLASSES)
    measure(tmp_path / "m.tif", tmp_path / "t.csv", masks=settings, overwrite=True)
    assert [row["class"] for row in rows_of(tmp_path / "t.csv")] == ["1", "1"]


def test_ignored_pixels_are_no_object(tmp_path):
    mask = squares((2, 2), (20, 20)).astype(np.uint8)
    mask[40:] = 200
    write_image(tmp_path / "m.tif", mask, "YX")
    settings = MaskSettings(masks=MaskKind.CLASSES, ignore_value=200)
    assert measure(tmp_path / "m.tif", tmp_path / "t.csv", masks=settings).objects == 2


def test_a_pixel_size_that_the_user_gives(labels, tmp_path):
    (labels / "a.tif").unlink()
    np.save(labels / "a.npy", squares((2, 2)))
    measure(
        labels / "a.npy",
        tmp_path / "t.csv",
        images=ImageSettings(pixel_size=0.1),
        masks=MaskSettings(masks=MaskKind.INSTANCES),
    )
    assert float(rows_of(tmp_path / "t.csv")[0]["area_um2"]) == pytest.approx(1)


def test_a_table_that_is_there_is_not_replaced_unless_asked(labels, tmp_path):
    (tmp_path / "t.csv").write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        measure(labels, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "mine"
    measure(labels, tmp_path / "t.csv", overwrite=True)
    assert len(rows_of(tmp_path / "t.csv")) == 3


def test_a_table_is_csv(labels, tmp_path):
    with pytest.raises(OutputError, match=r"ends in \.csv"):
        measure(labels, tmp_path / "t.xlsx")


def test_missing_images_are_named(labels, tmp_path):
    write_image(tmp_path / "images" / "a.tif", np.zeros((48, 64), np.uint8), "YX")
    with pytest.raises(PairingError, match=r"b\.tif"):
        measure(labels, tmp_path / "t.csv", image=tmp_path / "images")


def test_different_sizes_name_both_files_and_leave_no_table(labels, tmp_path):
    write_image(tmp_path / "a.tif", np.zeros((24, 32), np.uint8), "YX")
    with pytest.raises(ImageError, match=r"instances.a\.tif has 64 x 48.*32 x 24"):
        measure(labels / "a.tif", tmp_path / "t.csv", image=tmp_path / "a.tif")
    assert not list(tmp_path.glob("*.csv"))


def test_cancelling_leaves_no_table(labels, tmp_path):
    cancel = threading.Event()
    job = measuring(labels, tmp_path / "t.csv", cancel=cancel)
    while next(job) != Progress("images", 1, 3):
        pass
    cancel.set()
    with pytest.raises(Cancelled):
        next(job)
    assert [path.name for path in tmp_path.iterdir()] == ["instances"]
