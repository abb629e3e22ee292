"""The jobs on real nuclei, against references of a few lines."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import threshold_otsu

from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.evaluating import evaluate
from napari_cytounet.measurement.measuring import measure
from napari_cytounet.settings import MaskKind, MaskSettings


@pytest.fixture
def nuclei(data, tmp_path):
    """Folders of images and truth of eight fields, and of a thresholded prediction."""
    source = data / "dsb2018" / "fluo"
    for path in find_images(source / "images")[:80:10]:
        for folder in ("images", "masks"):
            (tmp_path / folder).mkdir(exist_ok=True)
            shutil.copy(source / folder / path.name, tmp_path / folder)
        image = open_image(path).read()[0]
        classes = (image > threshold_otsu(image)).astype(np.uint8)
        write_image(tmp_path / "classes" / path.name, classes, "YX", tags={"kind": "classes"})
    return tmp_path


def arrays(folder):
    return [open_image(path).read()[0] for path in find_images(folder)]


def test_evaluate_agrees_with_the_definitions(nuclei):
    evaluation = evaluate(nuclei / "classes", nuclei / "masks")
    shared = total = tp = found = there = 0
    dice = []
    for predicted, truth in zip(arrays(nuclei / "classes"), arrays(nuclei / "masks"), strict=True):
        both, sizes = np.count_nonzero(predicted & (truth > 0)), predicted.sum() + np.count_nonzero(truth)
        dice.append(2 * both / sizes)
        shared, total = shared + both, total + sizes
        objects, count = ndimage.label(predicted, np.ones((3, 3)))
        numbers = np.unique(truth[truth > 0])
        found, there = found + count, there + len(numbers)
        for number in numbers:
            mask = truth == number
            best = np.bincount(objects[mask]).argmax()
            tp += best > 0 and (mask & (objects == best)).sum() / (mask | (objects == best)).sum() > 0.7
    assert evaluation.scores["dice"].mean == pytest.approx(np.mean(dice))
    assert evaluation.scores["dice"].pooled == pytest.approx(2 * shared / total)
    assert evaluation.object_scores[0.7]["average_precision"].pooled == pytest.approx(
        tp / (found + there - tp)
    )
    low, high = evaluation.scores["dice"].mean_interval
    assert min(dice) <= low < np.mean(dice) < high <= max(dice)


def test_measure_finds_every_nucleus(nuclei):
    settings = MaskSettings(masks=MaskKind.INSTANCES)
    result = measure(nuclei / "masks", nuclei / "t.csv", image=nuclei / "images", masks=settings)
    with (nuclei / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    truths, images = arrays(nuclei / "masks"), arrays(nuclei / "images")
    assert result.objects == len(rows) == sum(len(np.unique(truth)) - 1 for truth in truths)
    assert sum(int(row["area_px"]) for row in rows) == sum(np.count_nonzero(truth) for truth in truths)
    brightness = sum(float(row["mean_intensity_c0"]) * int(row["area_px"]) for row in rows)
    expected = sum(image[truth > 0].sum() for image, truth in zip(images, truths, strict=True))
    assert brightness == pytest.approx(expected)


def test_a_stack_of_nuclei_is_scored_and_measured_plane_by_plane(data, tmp_path):
    masks = data / "stardist_demo" / "masks" / "demo3d.tif"
    image = data / "stardist_demo" / "images" / "demo3d.tif"
    settings = MaskSettings(masks=MaskKind.INSTANCES)
    evaluation = evaluate(masks, masks, masks=settings)
    assert evaluation.object_scores[0.9]["f1"].pooled == 1
    measure(masks, tmp_path / "t.csv", image=image, masks=settings)
    stack = open_image(masks)
    expected = sum(len(np.unique(stack.read(index))) - 1 for index in stack.planes)
    assert len((tmp_path / "t.csv").read_text().splitlines()) == expected + 1
