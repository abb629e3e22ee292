from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, binary_erosion, center_of_mass, label

from napari_cytounet.errors import OutputError
from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.samples.synthetic import SyntheticKind, make_cells, write_synthetic
from napari_cytounet.images.truth import understand_masks
from napari_cytounet.settings import MaskKind, MaskSettings

KINDS = get_args(SyntheticKind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_one_field(kind: SyntheticKind) -> None:
    first, again, other = (make_cells(kind, shape=(128, 96), count=6, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.instances, again.instances)
    assert not np.array_equal(first.image, other.image)
    assert not np.array_equal(first.instances, other.instances)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(KINDS), st.tuples(*[st.integers(1, 150)] * 2), st.integers(0, 15), st.integers(0, 2**32)
)
def test_cells_are_in_one_piece_and_do_not_touch(
    kind: SyntheticKind, shape: tuple[int, int], count: int, seed: int
) -> None:
    field = make_cells(kind, shape=shape, count=count, seed=seed)
    assert field.image.shape == field.instances.shape == shape
    assert (field.image.dtype, field.instances.dtype) == (np.uint8, np.int32)
    pieces, found = label(field.instances > 0, structure=np.ones((3, 3)))
    assert found == field.instances.max() == len(np.unique(field.instances[field.instances > 0]))
    assert found <= count
    assert np.array_equal(pieces > 0, field.instances > 0)


def test_the_default_field_holds_the_cells_asked_for_of_the_size_promised() -> None:
    field = make_cells("dic")
    areas = np.bincount(field.instances.ravel())[1:]
    assert len(areas) == 30
    assert 24 < 2 * np.sqrt(np.median(areas) / np.pi) < 36


def test_fluorescent_cells_are_brighter_than_the_ground() -> None:
    field = make_cells("fluorescence", shape=(256, 256), count=10)
    cells = field.instances > 0
    assert field.image[cells].mean() > 3 * field.image[~binary_dilation(cells, iterations=10)].mean()


def test_phase_contrast_has_dark_cells_with_bright_halos() -> None:
    field = make_cells("phase", shape=(256, 256), count=10)
    cells = field.instances > 0
    ground = field.image[~binary_dilation(cells, iterations=25)].mean()
    ring = binary_dilation(cells, iterations=4) & ~binary_dilation(cells, iterations=1)
    assert field.image[ring].mean() > ground + 10
    assert field.image[binary_erosion(cells, iterations=3)].mean() < ground - 20


def test_dic_is_bright_on_the_side_of_the_light_and_dark_on_the_other() -> None:
    """The edges facing top left are bright, those facing bottom right are dark, and the middle is neither."""
    field = make_cells("dic", shape=(256, 256), count=8, seed=1)
    rows, columns = np.indices(field.image.shape)
    relief = []
    for cell in range(1, field.instances.max() + 1):
        edge = (field.instances == cell) & ~binary_erosion(field.instances == cell, iterations=4)
        middle = center_of_mass(field.instances == cell)
        side = (rows - middle[0]) + (columns - middle[1])
        relief.append(field.image[edge & (side < -8)].mean() - field.image[edge & (side > 8)].mean())
    assert min(relief) > 10
    cells = field.instances > 0
    assert abs(field.image[cells].mean() - field.image[~cells].mean()) < 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_folder_is_ready_for_training(kind: SyntheticKind, tmp_path: Path) -> None:
    folder = write_synthetic(
        tmp_path / "sample", kind, images=3, validation=2, shape=(96, 128), count=5, seed=2
    )
    found = find_pairs(folder, None)
    assert (len(found.training), len(found.validation)) == (3, 2)
    pairs = [*found.training, *found.validation]
    assert all(pair.name.startswith(f"synthetic_{kind}_") for pair in pairs)
    images = [open_image(pair.image) for pair in pairs]
    assert all(image.tags["synthetic"] == kind for image in images)
    assert len({image.read().tobytes() for image in images}) == 5

    masks = [open_image(pair.mask) for pair in pairs]
    reading = understand_masks(masks, MaskSettings())
    assert (reading.kind, reading.values) == (MaskKind.BINARY, (255,))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError):
        write_synthetic(tmp_path / "file", "dic", images=1, validation=0, shape=(32, 32), count=1)
