"""Seeds that grow into objects: what touches stays apart, in any number of dimensions and bands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed

from napari_cytounet.images.image import Image
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.segmentation.label_spool import label_spool
from napari_cytounet.segmentation.seeded import grow, label_seeds
from napari_cytounet.segmentation.seeded_planes import Seeds, label_seeded
from napari_cytounet.settings import ThresholdSettings


def _discs(shape: tuple[int, ...], centres: list[tuple[int, ...]], radius: float) -> np.ndarray:
    places = np.indices(shape)
    return np.any(
        [sum((p - c) ** 2 for p, c in zip(places, centre, strict=True)) <= radius**2 for centre in centres],
        axis=0,
    )


@pytest.mark.parametrize("shape", [(40,), (40, 30), (40, 20, 20)])
def test_objects_that_touch_get_a_label_each(shape: tuple[int, ...]) -> None:
    middle = tuple(size // 2 for size in shape[1:])
    centres = [(12, *middle), (27, *middle)]
    foreground, seeds = _discs(shape, centres, 8), _discs(shape, centres, 5)
    labels = label_seeds(seeds, foreground, reach=10)
    assert labels.max() == 2
    assert (labels > 0).tolist() == foreground.tolist()
    assert labels[centres[0]] != labels[centres[1]]


def test_it_is_the_watershed_of_a_flat_landscape_up_to_ties() -> None:
    field = make_cells("fluorescence", shape=(200, 200), count=25, seed=1)
    foreground = field.instances > 0
    seeds = ndimage.binary_erosion(foreground, iterations=3)
    markers, _ = ndimage.label(seeds)
    found = grow(markers, foreground, reach=100)
    expected = watershed(np.zeros(foreground.shape), markers, mask=foreground)
    assert ((found > 0) == (expected > 0)).all()
    assert (found == expected).mean() > 0.999


@given(
    shape=st.lists(st.integers(1, 12), min_size=1, max_size=3).map(tuple),
    seed=st.integers(0, 2**32 - 1),
    full=st.floats(0, 1),
    reach=st.integers(0, 8),
)
def test_where_labels_meet_the_higher_number_wins(
    shape: tuple[int, ...], seed: int, full: float, reach: int
) -> None:
    random = np.random.default_rng(seed)
    inside = random.random(shape) < full
    labels = np.where(inside & (random.random(shape) < 0.2), random.integers(1, 99, shape), 0)
    expected = labels
    cross = ndimage.generate_binary_structure(len(shape), 1)
    for _ in range(reach):
        grown = ndimage.grey_dilation(expected, footprint=cross, mode="constant")
        expected = np.where(inside & (expected == 0), grown, expected)
    np.testing.assert_array_equal(grow(labels, inside, reach), expected)


def test_growth_ends_at_the_reach_and_at_the_mask() -> None:
    labels = np.array([[0, 0, 7, 0, 0, 0, 0]])
    inside = np.array([[1, 1, 1, 1, 1, 1, 0]], bool)
    assert grow(labels, inside, reach=2).tolist() == [[7, 7, 7, 7, 7, 0, 0]]
    assert grow(labels, inside, reach=9).tolist() == [[7, 7, 7, 7, 7, 7, 0]]
    assert grow(labels, inside, reach=0).tolist() == labels.tolist()


def test_nothing_grows_where_there_is_no_seed() -> None:
    nothing = np.zeros((5, 6), bool)
    assert label_seeds(nothing, ~nothing, reach=5).max() == 0
    assert label_seeds(~nothing, nothing, reach=5).max() == 0


def test_an_object_that_fills_the_image_is_one() -> None:
    everything = np.ones((9, 9), bool)
    assert (label_seeds(everything, everything, reach=5) == 1).all()


@pytest.mark.parametrize("height", [5, 6, 13, 60])
@pytest.mark.parametrize("fill_holes", [False, True])
def test_bands_give_what_the_whole_plane_gives(height: int, fill_holes: bool, tmp_path) -> None:
    random = np.random.default_rng(3)
    smooth = ndimage.gaussian_filter(random.random((60, 40)), 1.5)
    classes = (smooth > np.quantile(smooth, 0.4)).astype(np.uint8) + (smooth > np.quantile(smooth, 0.7))
    seeds = ndimage.gaussian_filter(random.random((60, 40)), 1) > 0.52
    settings = ThresholdSettings(fill_holes=fill_holes, min_size=4)

    def labelled(bands: list[slice]) -> tuple[np.ndarray, np.ndarray]:
        with label_spool(tmp_path) as spool:
            job = label_seeded(
                lambda rows: classes[rows], lambda rows: seeds[rows], bands, (0.5, 0.5), 5, settings, spool
            )
            try:
                while True:
                    next(job)
            except StopIteration as end:
                plane = end.value
            parts = [plane.final[spool.get(number)] for _, number in plane.bands]
            return np.concatenate(parts), plane.classes

    whole, of_whole = labelled([slice(0, 60)])
    cut, of_cut = labelled([slice(top, min(60, top + height)) for top in range(0, 60, height)])
    assert whole.max() > 5
    assert np.array_equal(whole, cut)
    assert np.array_equal(of_whole, of_cut)


def test_the_class_of_an_object_is_that_of_most_of_its_pixels(tmp_path) -> None:
    classes = np.array([[1, 2, 2, 0, 1]], np.uint8)
    with label_spool(tmp_path) as spool:
        job = label_seeded(
            lambda rows: classes[rows],
            lambda rows: classes[rows] > 0,
            [slice(0, 1)],
            (0.5, 0.5),
            3,
            ThresholdSettings(),
            spool,
        )
        try:
            while True:
                next(job)
        except StopIteration as end:
            plane = end.value
    assert plane.classes.tolist() == [0, 2, 1]


def test_more_than_65535_objects_are_labelled() -> None:
    places = np.zeros((600, 1200), bool)
    places[::3, ::3] = True
    labels = label_seeds(places, ndimage.binary_dilation(places), reach=2)
    assert labels.max() == 200 * 400
    assert len(np.unique(labels)) == 200 * 400 + 1


def test_seeds_are_read_as_shares_of_255() -> None:
    image = Image.from_array(np.array([[0, 127, 128, 255]], np.uint8), "YX")
    assert Seeds(image, 0.5, 0.5, 3).read((), slice(0, 1)).tolist() == [[False, False, True, True]]
