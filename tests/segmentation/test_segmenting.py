from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.morphology import remove_small_objects

from napari_cytounet.errors import SettingsError
from napari_cytounet.segmentation.segmenting import Cores, segment, segment_classes, threshold_image
from napari_cytounet.settings import ThresholdSettings

PLANES = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 2))


@given(PLANES, st.booleans(), st.integers(0, 6), st.booleans())
@settings(max_examples=100, deadline=None)
def test_the_three_results_agree(plane, fill, min_size, split):
    chosen = ThresholdSettings(fill_holes=fill, min_size=min_size, split_touching=split)
    found = segment_classes(plane, chosen)
    np.testing.assert_array_equal(found.instance_classes[found.instances], found.classes)
    sizes = np.bincount(found.instances.ravel(), minlength=found.count + 1)
    assert len(sizes) == found.count + 1
    assert (sizes[1:] >= max(min_size, 1)).all()


@given(PLANES, st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_small_objects_go_as_in_scikit_image(plane, min_size):
    found = segment_classes(plane, ThresholdSettings(min_size=min_size))
    for number in (1, 2):
        expected = remove_small_objects(plane == number, max_size=min_size - 1, connectivity=2)
        np.testing.assert_array_equal(found.classes == number, expected)


def test_probabilities_of_two_classes():
    probabilities = np.zeros((2, 4, 6), np.float32)
    probabilities[0, 1:3, 1:5] = 0.6
    probabilities[1, 1:3, 3:5] = 0.7
    found = segment(probabilities, (0.5, 0.5), ThresholdSettings())
    assert found.count == 2
    assert list(found.instance_classes) == [0, 1, 2]
    assert segment(probabilities, (0.5, 0.8), ThresholdSettings()).count == 1


def test_fixed_value_and_dark_objects():
    image = np.full((6, 6), 100, np.uint8)
    image[2:4, 2:4] = 20
    dark = ThresholdSettings(method="fixed", value=50, dark_objects=True)
    assert threshold_image(image, dark).classes.sum() == 4
    assert threshold_image(image, ThresholdSettings(method="fixed", value=100)).classes.sum() == 32


def test_calibrated_thresholds_are_taken():
    probabilities = np.full((1, 3, 3), 0.4, np.float32)
    assert threshold_image(probabilities, ThresholdSettings(), (0.4,)).count == 1
    assert threshold_image(probabilities[0], ThresholdSettings(), (0.41,)).count == 0


def test_calibrated_without_thresholds_names_another_method():
    with pytest.raises(SettingsError, match="otsu"):
        threshold_image(np.zeros((3, 3)), ThresholdSettings())
    with pytest.raises(SettingsError, match="2 classes need as many thresholds, but 1"):
        threshold_image(np.zeros((2, 3, 3)), ThresholdSettings(), (0.5,))


def test_every_class_gets_its_own_otsu_threshold():
    probabilities = np.zeros((2, 8, 8), np.float32)
    probabilities[0, :, :4] = 0.8
    probabilities[1, :, 4:] = 0.2
    found = threshold_image(probabilities, ThresholdSettings(method="otsu"))
    np.testing.assert_array_equal(found.classes[0], [1, 1, 1, 1, 2, 2, 2, 2])


def test_dark_objects_among_several_classes_make_no_sense():
    with pytest.raises(SettingsError, match="one channel"):
        threshold_image(np.zeros((2, 3, 3)), ThresholdSettings(method="fixed", value=0.5, dark_objects=True))


@given(PLANES, st.data(), st.booleans(), st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_the_three_results_agree_with_cores_too(plane, data, fill, min_size):
    where = data.draw(arrays(bool, plane.shape))
    chosen = ThresholdSettings(fill_holes=fill, min_size=min_size)
    found = segment_classes(plane, chosen, Cores(where, reach=3))
    np.testing.assert_array_equal(found.instance_classes[found.instances], found.classes)
    sizes = np.bincount(found.instances.ravel(), minlength=found.count + 1)
    assert (sizes[1:] >= max(min_size, 1)).all()


def test_cores_part_what_touches_and_the_watershed_goes_before_them():
    probabilities = np.full((1, 5, 12), 0.9)
    cores = Cores(np.tile(np.array([0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0], bool), (5, 1)), reach=5)
    assert segment(probabilities, (0.5,), ThresholdSettings()).count == 1
    assert segment(probabilities, (0.5,), ThresholdSettings(), cores).count == 2
    assert segment(probabilities, (0.5,), ThresholdSettings(split_touching=True), cores).count == 1
