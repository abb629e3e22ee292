from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.errors import MaskError
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.truth import MaskReading
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.results import label_kind, read_labels, result_kind
from napari_cytounet.settings import MaskKind

CLASSES = np.array([[1, 1, 0, 2], [0, 0, 1, 2]], np.uint8)
READING = MaskReading(MaskKind.BINARY, "for a test")


def written(path, values, kind):
    write_image(path, values, "YX", tags={"kind": kind} if kind else {})
    return open_image(path)


@pytest.mark.parametrize("suffix", [".tif", ".zarr"])
def test_our_class_maps_keep_their_numbers_and_get_objects(tmp_path, suffix):
    image = written(tmp_path / f"a{suffix}", CLASSES, "classes")
    labels = read_labels(image, (), READING)
    np.testing.assert_array_equal(labels.classes, CLASSES)
    np.testing.assert_array_equal(labels.instances, [[1, 1, 0, 2], [0, 0, 1, 2]])


def test_our_instances_keep_their_numbers(tmp_path):
    instances = np.array([[0, 7, 7, 300_000]], np.uint32)
    labels = read_labels(written(tmp_path / "a.tif", instances, "instances"), (), READING)
    np.testing.assert_array_equal(labels.instances, instances)
    np.testing.assert_array_equal(labels.classes, [[0, 1, 1, 1]])


def test_files_of_others_follow_the_reading_of_the_folder(tmp_path):
    image = written(tmp_path / "a.tif", CLASSES, None)
    assert result_kind(image) is None
    assert label_kind(image, READING) is MaskKind.BINARY
    np.testing.assert_array_equal(read_labels(image, (), READING).classes, CLASSES > 0)


def test_probabilities_are_no_labels(tmp_path):
    image = written(tmp_path / "a.tif", np.ones((4, 4), np.float32), "probabilities")
    with pytest.raises(MaskError, match=r"a\.tif.*cytounet threshold"):
        result_kind(image)
