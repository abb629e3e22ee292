"""Labels written for other programs, and read back."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.images.reading import find_images, find_masks, open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.exporting import export, exporting
from napari_cytounet.measurement.measuring import measure
from napari_cytounet.settings import AnnotationFormat, MaskKind, MaskSettings

INSTANCES = MaskSettings(masks=MaskKind.INSTANCES)
EXACT = [AnnotationFormat.GEOJSON, AnnotationFormat.IMAGEJ, AnnotationFormat.COCO, AnnotationFormat.LABELME]


def cells() -> np.ndarray:
    """Objects with gaps in their numbers: a hole with an island, two parts, one pixel, at the border."""
    labels = np.zeros((40, 50), np.uint32)
    labels[3:12, 4:15] = 3
    labels[5:8, 7:10] = 0
    labels[6, 8] = 9
    labels[20:25, 5:9] = labels[28:30, 5:9] = 70
    labels[35, 45] = 70_000
    labels[0:4, 40:50] = 501
    return labels


def read_back(source: Path, labels: Path) -> list[np.ndarray]:
    images = {path.stem: path for path in find_images(labels)}
    masks = find_masks(source)
    return [open_image(mask, labels_of=images[mask.stem]).read()[0] for mask in masks]


def same_objects(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two label images hold the same objects, whatever their numbers."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return pairs.shape[1] == len(np.unique(one)) == len(np.unique(other))


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    write_image(tmp_path / "labels" / "a.tif", cells(), "YX")
    write_image(tmp_path / "labels" / "b.tif", cells()[::-1].copy(), "YX")
    return tmp_path / "labels"


@pytest.mark.parametrize("format_", EXACT)
def test_holes_parts_and_single_pixels_come_back(
    format_: AnnotationFormat, labels: Path, tmp_path: Path
) -> None:
    result = export(labels, tmp_path / "out", format_, masks=INSTANCES)
    assert result.objects == 10
    assert all(path.exists() for path in result.files)
    for original, back in zip((cells(), cells()[::-1]), read_back(tmp_path / "out", labels), strict=True):
        assert same_objects(original, back)


def test_via_keeps_parts_and_says_that_holes_are_lost(labels: Path, tmp_path: Path) -> None:
    result = export(labels, tmp_path / "out", "via", masks=INSTANCES)
    assert result.notes[-1] == "VIA has no holes: those of the objects are filled (2)."
    expected = cells()
    expected[5:8, 7:10][expected[5:8, 7:10] == 0] = 3
    assert same_objects(expected, read_back(tmp_path / "out", labels)[0])


def test_voc_says_that_it_keeps_boxes(labels: Path, tmp_path: Path) -> None:
    result = export(labels, tmp_path / "out", "voc", masks=INSTANCES)
    assert result.notes[-1] == "Pascal VOC keeps the boxes of the objects only."
    boxes = read_back(tmp_path / "out", labels)[0]
    assert sorted(np.bincount(boxes.ravel())[1:]) == [1, 1, 40, 40, 98]


@pytest.mark.parametrize("format_", AnnotationFormat)
def test_nuclei_of_real_images(format_: AnnotationFormat, data: Path, tmp_path: Path) -> None:
    folder = data / "dsb2018" / "fluo" / "masks"
    source = find_images(folder)[0]
    export(source, tmp_path / "out", format_, masks=INSTANCES)
    (path,) = find_masks(tmp_path / "out")
    original, back = open_image(source).read()[0], open_image(path, labels_of=source).read()[0]
    assert len(np.unique(back)) == len(np.unique(original))
    if format_ in EXACT:
        assert same_objects(original, back)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_reference_reads_what_we_write(labels: Path, tmp_path: Path) -> None:
    reference = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    export(labels, tmp_path / "a.json", "coco", masks=INSTANCES)
    coco = reference.COCO(str(tmp_path / "a.json"))
    for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[1])):
        mask = coco.annToMask(annotation) > 0
        assert mask.shape == (40, 50)
        assert mask.sum() == annotation["area"]
        rows, columns = np.nonzero(mask)
        left, top, width, height = annotation["bbox"]
        assert (rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1) == (
            top,
            left,
            height,
            width,
        )
    expected = sorted(np.unique(cells(), return_counts=True)[1][1:])
    assert sorted(a["area"] for a in coco.loadAnns(coco.getAnnIds(imgIds=[1]))) == expected


@pytest.mark.parametrize("format_", [AnnotationFormat.GEOJSON, AnnotationFormat.IMAGEJ])
def test_the_planes_of_a_stack(format_: AnnotationFormat, tmp_path: Path) -> None:
    stack = np.stack([cells(), np.roll(cells(), 3, axis=0), cells()[:, ::-1]])
    write_image(tmp_path / "labels" / "a.tif", stack, "TYX")
    export(tmp_path / "labels", tmp_path / "out", format_, masks=INSTANCES)
    (path,) = find_masks(tmp_path / "out")
    back = open_image(path, labels_of=tmp_path / "labels" / "a.tif")
    assert back.axes == "TYX"
    assert all(same_objects(stack[t], back.read((t,))[0]) for t in range(3))


def test_a_format_without_planes_refuses_a_stack(tmp_path: Path) -> None:
    write_image(tmp_path / "labels" / "a.tif", np.stack([cells()] * 2), "ZYX")
    with pytest.raises(OutputError, match=r"a\.tif: is a stack, and coco knows no planes"):
        export(tmp_path / "labels", tmp_path / "out", "coco", masks=INSTANCES)
    assert not list((tmp_path / "out").glob("*"))


def test_from_one_format_to_another_with_categories(labels: Path, tmp_path: Path) -> None:
    export(labels, tmp_path / "geojson", "geojson", masks=INSTANCES)
    path = tmp_path / "geojson" / "a.geojson"
    document = json.loads(path.read_text())
    for number, feature in enumerate(document["features"]):
        feature["properties"]["classification"] = {"name": ("red", "white")[number % 2]}
    path.write_text(json.dumps(document))
    for number, format_ in enumerate(["imagej", "via", "labelme", "coco"]):
        export(path, tmp_path / str(number), format_, image=labels / "a.tif")
        (mask,) = find_masks(tmp_path / str(number))
        names = json.loads(open_image(mask, labels_of=labels / "a.tif").tags["object_categories"])["names"]
        assert names == ["red", "white"]


def test_measured_like_any_labels(labels: Path, tmp_path: Path) -> None:
    export(labels, tmp_path / "out", "imagej", masks=INSTANCES)
    result = measure(tmp_path / "out", tmp_path / "table.csv", image=labels)
    assert [image.objects for image in result.per_image] == [5, 5]
    assert result.per_image[0].mean_area_px == pytest.approx((91 + 1 + 28 + 1 + 40) / 5 - 0.2)


def test_the_image_gives_its_name(labels: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "images" / "a.tif", np.zeros((40, 50), np.uint8), "YX")
    export(
        labels / "a.tif", tmp_path / "a.json", "labelme", image=tmp_path / "images" / "a.tif", masks=INSTANCES
    )
    assert json.loads((tmp_path / "a.json").read_text())["imagePath"] == "a.tif"


def test_files_that_are_there_stay(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.geojson").write_text("mine")
    with pytest.raises(OutputError, match=r"b\.geojson: is there already"):
        export(labels, tmp_path / "out", "geojson", masks=INSTANCES)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.geojson"]
    export(labels, tmp_path / "out", "geojson", masks=INSTANCES, overwrite=True)
    assert (tmp_path / "out" / "b.geojson").read_text() != "mine"


def test_one_file_cannot_hold_many_images(labels: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a file for each image, and there are 2\. Name a folder"):
        export(labels, tmp_path / "out.geojson", "geojson", masks=INSTANCES)


def test_cancelling_stops(labels: Path, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="Stopped after 0 of 2"):
        list(exporting(labels, tmp_path / "out", AnnotationFormat.COCO, masks=INSTANCES, cancel=cancel))
