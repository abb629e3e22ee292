"""Each format on hand-made files as other programs write them, and what is wrong in a file told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from roifile import ROI_TYPE, ImagejRoi, roiwrite

from napari_cytounet.errors import ImageError
from napari_cytounet.images.annotations.drawing import draw_shapes
from napari_cytounet.images.annotations.formats import read_annotations
from napari_cytounet.images.annotations.shapes import AnnotatedImage


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def drawn(image: AnnotatedImage, size: tuple[int, int] = (20, 20)) -> np.ndarray:
    return draw_shapes(image.shapes, image.size or size).labels


SQUARE = [[2, 3], [8, 3], [8, 7], [2, 7]]
"""6 x 4 pixels."""


def coco(**changes: Any) -> dict[str, Any]:
    annotation = {"id": 7, "image_id": 3, "category_id": 2, "segmentation": [[2, 3, 8, 3, 8, 7, 2, 7]]}
    return {
        "images": [{"id": 3, "file_name": "day 1/cell.png", "height": 20, "width": 30}],
        "annotations": [annotation | changes],
        "categories": [{"id": 2, "name": "nucleus"}, {"id": 9, "name": "debris"}],
    }


def test_coco_polygons(tmp_path: Path) -> None:
    (image,) = read_annotations(written(tmp_path / "a.json", coco()))
    assert (image.name, image.size, [shape.category for shape in image.shapes]) == (
        "cell.png",
        (20, 30),
        ["nucleus"],
    )
    labels = drawn(image)
    assert (labels[3:7, 2:8] == 1).all()
    assert labels.sum() == 24


def test_coco_runs_as_the_reference_writes_them(tmp_path: Path) -> None:
    reference = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    mask = np.random.default_rng(0).random((20, 30)) < 0.4
    encoded = reference.encode(np.asfortranarray(mask.astype(np.uint8)))
    text = {"size": [20, 30], "counts": encoded["counts"].decode()}
    (image,) = read_annotations(written(tmp_path / "a.json", coco(segmentation=text)))
    np.testing.assert_array_equal(drawn(image) == 1, mask)


def test_coco_runs_as_numbers_and_whole_floats(tmp_path: Path) -> None:
    runs = {"size": [20, 30], "counts": [41, 2, 557]}
    document = coco(segmentation=runs, image_id=3.0, category_id=2.0)
    (image,) = read_annotations(written(tmp_path / "a.json", document))
    assert np.argwhere(drawn(image)).tolist() == [[1, 2], [2, 2]]


def test_coco_boxes_and_crowds(tmp_path: Path) -> None:
    document = coco(segmentation=[], bbox=[2, 3, 6, 4])
    document["annotations"].append(
        {
            "id": 8,
            "image_id": 3,
            "category_id": 9,
            "iscrowd": 1,
            "segmentation": [[10, 0, 12, 0, 12, 2, 10, 2]],
        }
    )
    (image,) = read_annotations(written(tmp_path / "a.json", document))
    labels = drawn(image)
    assert np.count_nonzero(labels == 1) == 24
    assert np.count_nonzero(labels == -1) == 4
    assert image.notes == ("boxes are taken as rectangles: 1",)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"category_id": 5}, r"annotation 7 has the category 5, .*lists 2 nucleus, 9 debris"),
        ({"category_id": 2.5}, "annotation 7 cannot be understood: 2.5 is no whole number"),
        ({"image_id": 4}, "annotation 7 belongs to image 4, which the file does not list"),
        ({"segmentation": None, "bbox": [1]}, "annotation 7 cannot be understood"),
        ({"segmentation": {"size": [3, 3], "counts": [9]}}, "its runs are of 3 x 3 pixels"),
        (
            {"segmentation": {"size": [20, 30], "counts": [9]}},
            "its runs fill 9 pixels, and the image has 600",
        ),
        ({"segmentation": [["a"] * 6]}, "annotation 7 cannot be understood"),
    ],
)
def test_coco_that_makes_no_sense(changes: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=rf"a\.json: .*{told}"):
        read_annotations(written(tmp_path / "a.json", coco(**changes)))


def test_geojson_as_qupath_writes_it(tmp_path: Path) -> None:
    closed = [*SQUARE, SQUARE[0]]
    hole = [[4, 4], [5, 4], [5, 5], [4, 5], [4, 4]]
    far = [[12, 12], [14, 12], [14, 14], [12, 14], [12, 12]]

    def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
        return {
            "type": "Feature",
            "id": "PathAnnotationObject",
            "geometry": {"type": kind, "coordinates": coordinates, "plane": {"c": -1, "z": 0, "t": 0}},
            "properties": properties,
        }

    features = [
        feature("Polygon", [closed, hole], classification={"name": "Tumor", "colorRGB": -3670016}),
        feature(
            "MultiPolygon", [[far], [[[x + 4, y] for x, y in far]]], classification={"names": ["a", "b"]}
        ),
        feature("LineString", [[0, 0], [5, 5]]),
        feature("Point", [1, 1]),
    ]
    for document in ({"type": "FeatureCollection", "features": features}, features):
        (image,) = read_annotations(written(tmp_path / "cell.geojson", document))
        assert image.name == "cell.geojson"
        assert [shape.category for shape in image.shapes] == ["Tumor", "a: b"]
        assert np.bincount(drawn(image).ravel()).tolist() == [400 - 23 - 8, 23, 8]
        assert image.notes == ("no areas, and so no objects, are left out: 1 LineString, 1 Point",)


def test_rois_of_all_kinds(tmp_path: Path) -> None:
    polygon = ImagejRoi.frompoints(np.array(SQUARE), name="polygon")
    polygon.roitype = ROI_TYPE.POLYGON
    polygon.group = 3
    box = ImagejRoi(roitype=ROI_TYPE.RECT, name="box", top=10, left=1, bottom=12, right=4)
    oval = ImagejRoi(roitype=ROI_TYPE.OVAL, name="oval", top=10, left=8, bottom=18, right=18)
    line = ImagejRoi(roitype=ROI_TYPE.LINE, name="line", x1=0, y1=0, x2=5, y2=5)
    point = ImagejRoi.frompoints(np.array([[1, 1]]), name="point")
    point.roitype = ROI_TYPE.POINT
    roiwrite(tmp_path / "cell.zip", [polygon, box, oval, line, point])
    (image,) = read_annotations(tmp_path / "cell.zip")
    assert [shape.category for shape in image.shapes] == ["group 3", None, None]
    assert image.notes == ("no areas, and so no objects, are left out: 1 line, 1 point",)
    areas = np.bincount(drawn(image).ravel())[1:]
    assert areas[:2].tolist() == [24, 6]
    assert areas[2] == pytest.approx(np.pi * 5 * 4, rel=0.05)


def test_via_as_the_annotator_writes_it(tmp_path: Path) -> None:
    rows = [
        ("a.png", {"name": "circle", "cx": 10, "cy": 10, "r": 4}, {"type": "red"}),
        ("a.png", {"name": "rect", "x": 0, "y": 0, "width": 3, "height": 2}, {}),
        ("a.png", {"name": "point", "cx": 1, "cy": 1}, {}),
        ("b.png", {"name": "polygon", "all_points_x": [2, 8, 8, 2], "all_points_y": [3, 3, 7, 7]}, {}),
        ("c.png", {}, {}),
    ]
    lines = [
        "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
    ]
    for name, shape, attributes in rows:
        cells = ['"' + json.dumps(value).replace('"', '""') + '"' for value in (shape, attributes)]
        lines.append(f"{name},1,{{}},1,0,{cells[0]},{cells[1]}")
    a, b, c = read_annotations(written(tmp_path / "via.csv", "\n".join(lines)))
    assert [shape.category for shape in a.shapes] == ["red", None]
    assert a.notes == ("no areas, and so no objects, are left out: 1 point",)
    assert np.bincount(drawn(a).ravel())[2] == 6
    assert drawn(b).sum() == 24
    assert (c.name, c.shapes) == ("c.png", ())


def test_via_circles_of_real_cells(data: Path) -> None:
    """VIA files of old call every shape by the name that someone typed: here, cell."""
    images = read_annotations(data / "bbbc030" / "manual_annotated" / "cho25_annot.csv")
    assert {image.name: len(image.shapes) for image in images} == {
        "cho21.png": 11,
        "cho22.png": 15,
        "cho23.png": 11,
        "cho24.png": 15,
        "cho25.png": 12,
    }
    labels = drawn(images[0], (1032, 1376))
    assert np.count_nonzero(labels == 1) == pytest.approx(np.pi * 26.639**2, rel=0.01)


VOC = """<annotation><filename>cell.png</filename><size><width>30</width><height>20</height></size>
<object><name>nucleus</name><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>8</xmax><ymax>7</ymax></bndbox></object>
<object><name>cell</name><polygon><x1>12</x1><y1>12</y1><x2>14</x2><y2>12</y2><x3>14</x3><y3>14</y3><x4>12</x4>
<y4>14</y4></polygon></object></annotation>"""


def test_voc_counts_pixels_from_one(tmp_path: Path) -> None:
    (image,) = read_annotations(written(tmp_path / "a.xml", VOC))
    assert (image.name, image.size) == ("cell.png", (20, 30))
    assert [shape.category for shape in image.shapes] == ["nucleus", "cell"]
    labels = drawn(image)
    assert (labels[3:7, 2:8] == 1).all()
    assert np.bincount(labels.ravel())[1:].tolist() == [24, 4]


def test_voc_with_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;">]>' + VOC.replace("nucleus", "&y;")
    with pytest.raises(ImageError, match="defines entities"):
        read_annotations(written(tmp_path / "a.xml", bomb))


def test_labelme_shapes(tmp_path: Path) -> None:
    shapes = [
        {"label": "a", "points": SQUARE, "shape_type": "polygon", "group_id": None},
        {"label": "a", "points": [[12, 2], [10, 4]], "shape_type": "rectangle", "group_id": 1},
        {"label": "a", "points": [[14, 2], [15, 4]], "shape_type": "rectangle", "group_id": 1},
        {"label": "b", "points": [[10, 14], [10, 17]], "shape_type": "circle"},
        {"label": "b", "points": [[1, 1]], "shape_type": "point"},
    ]
    document = {"shapes": shapes, "imagePath": "..\\cell.png", "imageHeight": 20, "imageWidth": 30}
    (image,) = read_annotations(written(tmp_path / "a.json", document))
    assert (image.name, image.size) == ("cell.png", (20, 30))
    assert [shape.category for shape in image.shapes] == ["a", "a", "b"]
    areas = np.bincount(drawn(image).ravel())[1:]
    assert areas[:2].tolist() == [24, 6]
    assert areas[2] == pytest.approx(np.pi * 9, rel=0.15)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", "{", "is no JSON, or cut off"),
        ("a.json", {"loss": 1}, "holds no annotations that we know"),
        ("a.json", {"shapes": [{"label": "a"}], "imagePath": "a"}, "shape 0 has no 'points'"),
        ("a.csv", "area,label\n1,2\n", "is no CSV of the VGG Image Annotator"),
        ("a.csv", "", "is no CSV of the VGG Image Annotator"),
        ("a.xml", "<annotation>", "is no XML, or cut off"),
        ("a.xml", "<svg/>", "is no annotation of Pascal VOC: it begins with <svg>"),
        ("a.zip", "PK", "cannot be read"),
        ("a.geojson", {"type": "FeatureCollection", "features": [{"geometry": None}]}, "feature 1 cannot be"),
        ("a.geojson", [{"type": "Feature", "geometry": {"type": "Blob"}}], "'Blob' is no geometry"),
    ],
)
def test_files_that_make_no_sense_are_named(name: str, content: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=rf"{name}: .*{told}"):
        read_annotations(written(tmp_path / name, content))


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", coco())
    assert len(read_annotations(path)[0].shapes) == 1
    written(path, coco() | {"annotations": []})
    assert len(read_annotations(path)[0].shapes) == 0
