"""Objects through a stack: one number as long as they overlap from plane to plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.segmentation.label_spool import LabelSpool, PlaneLabels, label_spool
from napari_cytounet.segmentation.linking import link_planes, numbered_through
from napari_cytounet.segmentation.threshold_files import threshold
from napari_cytounet.settings import ThresholdSettings


def _put(spool: LabelSpool, labels: list[list[int]]) -> PlaneLabels:
    plane = np.array(labels, np.uint8)
    count = int(plane.max())
    bands = tuple((slice(row, row + 1), spool.put(plane[row : row + 1])) for row in range(len(plane)))
    return PlaneLabels(
        (0.5,), bands, np.arange(count + 1), np.ones(count + 1, np.uint8) * (np.arange(count + 1) > 0)
    )


def _linked(*planes: list[list[int]]) -> list[list[int]]:
    with label_spool(Path()) as spool:
        return [numbers.tolist() for numbers in link_planes([_put(spool, plane) for plane in planes], spool)]


def test_what_overlaps_keeps_its_number_and_the_rest_begins_a_new_one() -> None:
    first = [[1, 1, 1, 0, 2, 2, 2, 0, 0, 0]]
    second = [[0, 1, 1, 0, 0, 0, 0, 0, 2, 2]]
    assert _linked(first, second) == [[0, 1, 2], [0, 1, 3]]


def test_a_number_is_given_once_to_what_overlaps_most() -> None:
    assert _linked([[1, 1, 1, 1, 1, 1]], [[1, 1, 2, 2, 2, 2]]) == [[0, 1], [0, 2, 1]]


def test_objects_that_hardly_overlap_are_two() -> None:
    assert _linked([[1, 1, 1, 1, 0, 0, 0]], [[0, 0, 0, 1, 1, 1, 1]]) == [[0, 1], [0, 2]]


def test_an_empty_plane_ends_all_numbers() -> None:
    assert _linked([[1, 1]], [[0, 0]], [[1, 1]]) == [[0, 1], [0], [0, 2]]


def test_classes_follow_their_numbers(tmp_path) -> None:
    with label_spool(tmp_path) as spool:
        planes = [_put(spool, [[1, 2]]), _put(spool, [[2, 1]])]
        linked = numbered_through(planes, link_planes(planes, spool))
    assert [plane.final.tolist() for plane in linked] == [[0, 1, 2], [0, 2, 1]]
    assert [plane.classes.tolist() for plane in linked] == [[0, 1, 1], [0, 1, 1]]


def test_a_stack_on_disk_is_linked_and_every_time_has_its_own_numbers(tmp_path) -> None:
    stack = np.zeros((2, 3, 12, 12), np.uint8)
    stack[:, :, 1:4, 1:4] = 200
    stack[:, 1:, 7:11, 7:11] = 200
    write_image(tmp_path / "stack.tif", stack, "TZYX")
    settings = ThresholdSettings(method="fixed", value=100, link_planes=True)
    result = threshold([tmp_path / "stack.tif"], tmp_path / "out", settings)
    assert result.files[0].objects == 4
    labels = open_image(result.files[0].instances)
    planes = np.stack([labels.read(index)[0] for index in labels.planes]).reshape(stack.shape)
    assert np.array_equal(planes[0], planes[1])
    assert {int(v) for v in planes[0, 0][stack[0, 0] > 0]} == {1}
    assert all(planes[0, z, 8, 8] == 2 for z in (1, 2))


def test_a_single_plane_has_nothing_to_link(tmp_path) -> None:
    write_image(tmp_path / "a.tif", np.eye(8, dtype=np.uint8) * 200, "YX")
    settings = ThresholdSettings(method="fixed", value=100, link_planes=True)
    assert threshold([tmp_path / "a.tif"], tmp_path / "out", settings).files[0].objects == 1
    assert Image.from_array(np.zeros((2, 2))).plane_axes == ""
