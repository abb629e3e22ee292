"""Annotations in the place of masks: found, paired, read, and what they cannot tell asked of the image."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from roifile import ImagejRoi, roiwrite

from napari_cytounet.errors import ImageError, PairingError
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.images.reading import find_masks, open_image
from napari_cytounet.images.truth import understand_masks
from napari_cytounet.images.writing import write_image
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        write_image(tmp_path / "images" / f"cell_{number}.tif", np.zeros((20, 30), np.uint8), "YX")
    return tmp_path / "images"


def box(left: int, top: int, width: int = 4, height: int = 3) -> list[list[int]]:
    return [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]


def labelme(path: Path, image: str, **boxes: list[list[int]]) -> Path:
    shapes = [{"label": name.rstrip("_"), "points": corners} for name, corners in boxes.items()]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"shapes": shapes, "imagePath": image, "imageHeight": 20, "imageWidth": 30}))
    return path


def coco(path: Path, *names: str) -> Path:
    document = {
        "images": [
            {"id": number, "file_name": name, "height": 20, "width": 30} for number, name in enumerate(names)
        ],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": 1, "image_id": number, "category_id": 1, "segmentation": [[2, 3, 8, 3, 8, 7, 2, 7]]}
            for number, _ in enumerate(names)
        ],
    }
    path.write_text(json.dumps(document))
    return path


def test_images_are_found_by_the_names_in_the_file(images: Path, tmp_path: Path) -> None:
    path = coco(tmp_path / "annotations.json", "cell_2.png", "cell_3.jpg")
    found = find_pairs(images, path)
    assert [(pair.name, pair.mask) for pair in found.training] == [
        ("cell_2", path / "cell_2.png"),
        ("cell_3", path / "cell_3.jpg"),
    ]
    assert found.notes == ("1 of 3 images are not in the annotations, and are left out.",)


def test_an_annotation_without_its_image_is_an_error(images: Path, tmp_path: Path) -> None:
    path = coco(tmp_path / "annotations.json", "cell_1.png", "other.png")
    with pytest.raises(PairingError, match=r"1 mask without an image \(other\.png\)"):
        find_pairs(images, path)


def test_a_folder_of_files_is_one_source(images: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        labelme(tmp_path / "json" / f"{number}.json", f"cell_{number}.tif", a=box(2, 3), a_=box(10, 3))
    masks = find_masks(tmp_path / "json")
    assert [path.name for path in masks] == ["cell_1.tif", "cell_2.tif"]
    assert len(find_pairs(images, tmp_path / "json").training) == 2


def test_files_beside_the_images(images: Path) -> None:
    for number in (1, 2, 3):
        labelme(images / f"cell_{number}.json", f"cell_{number}.tif", a=box(2, 3))
    assert [pair.mask.parent.name for pair in find_pairs(images, images).training] == [
        "cell_1.json",
        "cell_2.json",
        "cell_3.json",
    ]


def test_one_image_and_one_file_belong_together(images: Path, tmp_path: Path) -> None:
    path = labelme(tmp_path / "json" / "a.json", "elsewhere.png", a=box(2, 3))
    (pair,) = find_pairs(images / "cell_1.tif", path).training
    assert open_image(pair.mask, labels_of=pair.image).read().sum() == 12


def test_what_several_files_say_alike_counts_once(images: Path, tmp_path: Path) -> None:
    for name in "ab":
        labelme(tmp_path / "json" / f"{name}.json", "cell_1.tif", a=box(2, 3))
    assert len(find_masks(tmp_path / "json")) == 1
    labelme(tmp_path / "json" / "c.json", "cell_1.tif", a=box(2, 4))
    with pytest.raises(ImageError, match=r"a\.json and .*c\.json tell different objects of cell_1\.tif"):
        find_masks(tmp_path / "json")


def test_images_in_the_folder_win(tmp_path: Path) -> None:
    write_image(tmp_path / "masks" / "a.tif", np.zeros((4, 5), np.uint8), "YX")
    labelme(tmp_path / "masks" / "b.json", "b.tif", a=box(2, 3))
    assert [path.name for path in find_masks(tmp_path / "masks")] == ["a.tif"]


def test_other_files_in_a_folder_are_passed_over_and_damaged_ones_are_not(tmp_path: Path) -> None:
    labelme(tmp_path / "json" / "a.json", "a.tif", a=box(2, 3))
    (tmp_path / "json" / "settings.json").write_text("{}")
    (tmp_path / "json" / "table.csv").write_text("area,label\n1,2\n")
    assert [path.name for path in find_masks(tmp_path / "json")] == ["a.tif"]
    (tmp_path / "json" / "a.json").unlink()
    with pytest.raises(ImageError, match="holds no image that can be read"):
        find_masks(tmp_path / "json")
    (tmp_path / "json" / "b.json").write_text("{")
    with pytest.raises(ImageError, match=r"b\.json: is no JSON"):
        find_masks(tmp_path / "json")
    with pytest.raises(ImageError, match=r"settings\.json: holds no annotations that we know"):
        find_masks(tmp_path / "json" / "settings.json")


def test_cumulative_files_of_real_cells(data: Path) -> None:
    """Each file of BBBC030 repeats those before it; 15 of the 20 images were never annotated."""
    bbbc030 = data / "bbbc030"
    found = find_pairs(bbbc030 / "train" / "images", bbbc030 / "manual_annotated")
    assert [pair.name for pair in found.training] == ["cho21", "cho22", "cho23", "cho24", "cho25"]
    for pair, count in zip(found.training, (11, 15, 11, 15, 12), strict=True):
        mask = open_image(pair.mask, labels_of=pair.image)
        assert (mask.height, mask.width) == (1032, 1376)
        assert len(np.unique(mask.read())) == count + 1


def _reading(paths: list[Path], settings: MaskSettings = MaskSettings()):
    masks = ImageFiles(paths, ImageSettings())
    return understand_masks(masks, settings), masks


def test_objects_and_their_classes(tmp_path: Path) -> None:
    paths = [
        labelme(tmp_path / "1.json", "1.tif", white=box(2, 3), red=box(10, 3)) / "1.tif",
        labelme(tmp_path / "2.json", "2.tif", dead=box(2, 3), red=box(10, 3), red_=box(20, 3)) / "2.tif",
    ]
    reading, masks = _reading(paths)
    assert (reading.kind, reading.class_names, reading.class_count) == (
        MaskKind.INSTANCES,
        ("dead", "red", "white"),
        3,
    )
    first, second = (reading.read(mask) for mask in masks)
    assert np.bincount(first.classes.ravel()).tolist() == [576, 0, 12, 12]
    assert np.bincount(second.classes.ravel()).tolist() == [564, 12, 24]
    assert first.instances.max() == 2
    assert second.instances.max() == 3


def test_the_user_may_order_the_classes_or_want_none(tmp_path: Path) -> None:
    paths = [labelme(tmp_path / "1.json", "1.tif", white=box(2, 3), red=box(10, 3)) / "1.tif"]
    ordered, _ = _reading(paths, MaskSettings(class_names=("white", "red")))
    assert ordered.class_names == ("white", "red")
    classes, masks = _reading(paths, MaskSettings(masks=MaskKind.CLASSES))
    truth = classes.read(masks[0])
    assert truth.instances is None
    assert truth.classes.max() == 2
    binary, _ = _reading(paths, MaskSettings(masks=MaskKind.BINARY))
    assert binary.class_count == 1


def test_objects_without_a_category_among_others_are_unnamed(tmp_path: Path) -> None:
    def feature(corners: list[list[int]], **properties: object) -> dict[str, object]:
        geometry = {"type": "Polygon", "coordinates": [corners]}
        return {"type": "Feature", "geometry": geometry, "properties": properties}

    path = tmp_path / "a.geojson"
    path.write_text(json.dumps([feature(box(2, 3)), feature(box(10, 3))]))
    assert _reading([path / "a.geojson"])[0].class_names == ()
    path.write_text(json.dumps([feature(box(2, 3)), feature(box(12, 3), classification={"name": "red"})]))
    assert _reading([path / "a.geojson"])[0].class_names == ("red", "unnamed")


def test_crowds_are_not_labelled(tmp_path: Path) -> None:
    path = coco(tmp_path / "a.json", "a.png")
    document = json.loads(path.read_text())
    document["annotations"].append(
        {
            "id": 2,
            "image_id": 0,
            "category_id": 1,
            "iscrowd": 1,
            "segmentation": [[10, 0, 12, 0, 12, 2, 10, 2]],
        }
    )
    path.write_text(json.dumps(document))
    reading, masks = _reading([path / "a.png"])
    truth = reading.read(masks[0])
    assert np.count_nonzero(truth.classes == -1) == np.count_nonzero(truth.instances == -1) == 4
    assert truth.instances.max() == 1


def test_without_an_image_labels_are_as_large_as_the_objects_need(tmp_path: Path) -> None:
    roiwrite(tmp_path / "cell.zip", [ImagejRoi.frompoints(np.array(box(2, 3)), name="a")])
    (path,) = find_masks(tmp_path / "cell.zip")
    assert open_image(path).read().shape == (1, 7, 7)
    write_image(tmp_path / "cell.tif", np.zeros((20, 30), np.uint8), "YX")
    assert open_image(path, labels_of=tmp_path / "cell.tif").read().shape == (1, 20, 30)


def test_regions_in_the_planes_of_a_stack(tmp_path: Path) -> None:
    rois = [ImagejRoi.frompoints(np.array(box(2 + 5 * z, 3)), name=str(z)) for z in range(4)]
    for z, roi in enumerate(rois[:3]):
        roi.position = z + 1
    roiwrite(tmp_path / "cell.zip", rois)  # the last one lies in all planes
    write_image(tmp_path / "cell.tif", np.zeros((3, 20, 30), np.uint8), "ZYX")
    mask = open_image(tmp_path / "cell.zip" / "cell.zip", labels_of=tmp_path / "cell.tif")
    assert (mask.axes, mask.data.shape) == ("ZYX", (3, 20, 30))
    assert [np.unique(mask.read((z,))).tolist() for z in range(3)] == [[0, 1, 4], [0, 2, 4], [0, 3, 4]]
    assert mask.notes == ()


def test_overlaps_are_told(tmp_path: Path) -> None:
    path = labelme(tmp_path / "a.json", "a.tif", a=box(2, 3, 8, 8), b=box(4, 5), c=box(25, 18, 20, 20))
    mask = open_image(path / "a.tif")
    assert mask.notes == ("where outlines overlap, the smaller object is on top (12 pixels)",)
    labelme(tmp_path / "b.json", "b.tif", a=box(2, 3), b=box(2, 3), c=box(40, 3))
    notes = open_image(tmp_path / "b.json" / "b.tif").notes
    assert notes[1] == "objects that lie wholly below others or outside of the image are left out: 2"


def test_an_image_that_the_file_does_not_know(tmp_path: Path) -> None:
    path = labelme(tmp_path / "a.json", "a.tif", a=box(2, 3))
    with pytest.raises(ImageError, match=r"a\.json tells nothing of b\.tif"):
        open_image(path / "b.tif")
