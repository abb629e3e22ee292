"""From masks of instances to labels: boundaries that are learnt, calibrated, stored and applied."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_cytounet import train
from napari_cytounet.errors import ImageError
from napari_cytounet.images.reading import open_image
from napari_cytounet.runs.predicting import predict
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.segmentation.threshold_files import threshold
from napari_cytounet.settings import (
    DeviceSettings,
    MaskKind,
    PredictionSettings,
    ThresholdSettings,
    TrainSettings,
)
from napari_cytounet.unet.model import load_model
from napari_cytounet.unet.model_card import FORMAT, read_card

CPU = DeviceSettings(device="cpu", threads=1)
Write = Callable[..., Path]
Change = Callable[..., TrainSettings]


def _pairs(cell: int, shift: int = 0) -> np.ndarray:
    """Return pairs of squares that touch, with a side of so many pixels."""
    plane = np.zeros((96, 96), np.uint16)
    number = 0
    for top in range(4 + shift, 96 - cell, cell + 8):
        for left in range(4, 96 - 2 * cell, 2 * cell + 8):
            for side in range(2):
                number += 1
                plane[top : top + cell, left + side * cell : left + (side + 1) * cell] = number
    return plane


def _seen(instances: np.ndarray) -> np.ndarray:
    """Return an image of objects that are darker along their edges."""
    from scipy import ndimage

    inside = ndimage.minimum_filter(instances, 3) == ndimage.maximum_filter(instances, 3)
    image = np.where(instances > 0, np.where(inside, 200, 120), 10)
    return (image + np.random.default_rng(0).integers(0, 10, image.shape)).astype(np.uint8)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, write: Write) -> Path:
    """Return a folder with images and masks of instances."""
    masks = [_pairs(14, shift) for shift in range(3)]
    return write(tmp_path_factory.mktemp("pairs"), [_seen(mask) for mask in masks], masks)


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory, pairs: Path, change: Change) -> TrainResult:
    """Return a run that has learnt to part the pairs."""
    settings = change(
        training={"steps": 200, "working_scale": 1.0, "patch_size": 48},
        network={"base_width": 6},
        optimiser={"learning_rate": 0.01, "averaging": 0.9},
        masks={"masks": "instances"},
    )
    folders = pairs / "images", pairs / "masks"
    return train(*folders, out=tmp_path_factory.mktemp("runs") / "run", validation=folders, settings=settings)


def test_masks_of_instances_teach_boundaries_and_the_model_keeps_them(parted: TrainResult) -> None:
    card = read_card(parted.model)
    assert card.format == FORMAT
    assert card.objects is not None
    assert not card.objects.own_scale
    assert card.objects.validation_score == parted.objects
    assert parted.objects is not None
    assert parted.objects > 0.5
    assert load_model(parted.run).network.boundaries


@pytest.mark.parametrize("masks", ["binary", "outlines"])
def test_other_masks_teach_boundaries_only_where_they_are_asked_to(
    masks: str, tmp_path: Path, cells: Path, change: Change
) -> None:
    plain = train(cells, out=tmp_path / "plain", settings=change(masks={"masks": "binary"}))
    assert read_card(plain.model).objects is None
    assert plain.objects is None
    asked = change(masks={"masks": "binary"}, instances={"boundaries": "on"})
    card = read_card(train(cells, out=tmp_path / "asked", settings=asked).model)
    assert card.objects is not None


def test_touching_objects_get_labels_of_their_own_and_again_from_the_files(
    parted: TrainResult, pairs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = predict(parted.run, pairs / "images", out=out, device=CPU)
    assert {path.parent.name for path in result.written} == {"probabilities", "seeds", "classes", "instances"}
    seeds = open_image(out / "seeds" / "cells_0.tif")
    assert (str(seeds.dtype), seeds.tags["kind"]) == ("uint8", "seeds")
    truth = tifffile.imread(pairs / "masks" / "cells_0.tif")
    found = open_image(out / "instances" / "cells_0.tif").read()[0]
    assert abs(int(found.max()) - int(truth.max())) <= 2
    plain = ThresholdSettings(method="fixed", value=0.5)
    threshold([out / "probabilities"], tmp_path / "again")
    again = open_image(tmp_path / "again" / "instances" / "cells_0.tif").read()[0]
    assert np.array_equal(again, found)
    (out / "seeds" / "cells_0.tif").unlink()
    threshold([out / "probabilities" / "cells_0.tif"], tmp_path / "plain", plain)
    merged = open_image(tmp_path / "plain" / "instances" / "cells_0.tif").read()[0]
    assert merged.max() < 0.7 * found.max()


def test_instances_alone_need_no_files_of_seeds(parted: TrainResult, pairs: Path, tmp_path: Path) -> None:
    settings = PredictionSettings(output=("instances",))
    predict(parted.run, pairs / "images" / "cells_0.tif", out=tmp_path, settings=settings, device=CPU)
    assert {path.name for path in tmp_path.iterdir()} == {"instances", "provenance.jsonl"}
    assert open_image(tmp_path / "instances" / "cells_0.tif").read().max() > 6


def test_damaged_seeds_are_named(parted: TrainResult, pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict(parted.run, pairs / "images" / "cells_0.tif", out=out, device=CPU)
    tifffile.imwrite(out / "seeds" / "cells_0.tif", np.zeros((96, 96), np.uint8))
    with pytest.raises(ImageError, match="Predict again"):
        threshold([out / "probabilities"], tmp_path / "again")


def test_a_model_goes_on_with_its_boundaries(
    parted: TrainResult, pairs: Path, cells: Path, tmp_path: Path, change: Change
) -> None:
    settings = TrainSettings.model_validate({"training": {"steps": 1, "patch_size": 48, "batch_size": 4}})
    settings = settings.model_copy(update={"device": CPU})
    for masks, folder in (("instances", pairs), ("binary", cells)):
        fine = train(
            folder,
            out=tmp_path / masks,
            start_from=parted.run,
            settings=settings.model_copy(
                update={"masks": settings.masks.model_copy(update={"masks": MaskKind(masks)})}
            ),
        )
        card = read_card(fine.model)
        assert card.objects is not None


def test_images_of_other_sizes_get_factors_of_their_own(tmp_path: Path, write: Write, change: Change) -> None:
    masks = [_pairs(cell) for cell in (8, 14, 24)]
    folder = write(tmp_path / "mixed", [_seen(mask) for mask in masks], masks)
    settings = change(masks={"masks": "instances"})
    unset = settings.training.model_copy(update={"working_scale": None})
    run = train(folder, out=tmp_path / "run", settings=settings.model_copy(update={"training": unset}))
    card = read_card(run.model)
    assert card.objects is not None
    assert card.objects.own_scale
    assert card.objects.diameter == pytest.approx(14 * 2 / np.sqrt(np.pi), rel=0.02)
    assert card.working_scale == pytest.approx(30 / card.objects.diameter)
    predict(run.run, folder / "images", out=tmp_path / "out", device=CPU)
    wanted = PredictionSettings(diameter=10.0, overwrite=True)
    predict(run.run, folder / "images", out=tmp_path / "out", settings=wanted, device=CPU)
    how = json.loads(open_image(tmp_path / "out" / "seeds" / "cells_0.tif").tags["seeds"])
    assert how["reach"] == 8  # enlarged threefold: 24 working pixels


@pytest.mark.parametrize("kind", ["float", "gaps"])
def test_ids_may_be_floats_or_have_gaps(kind: str, tmp_path: Path, write: Write, change: Change) -> None:
    masks = [_pairs(14, shift) for shift in range(2)]
    odd = [mask.astype(np.float32) if kind == "float" else mask.astype(np.uint32) * 70_001 for mask in masks]
    folder = write(tmp_path / "odd", [_seen(mask) for mask in masks], odd)
    run = train(folder, out=tmp_path / "run", settings=change(masks={"masks": "instances"}))
    assert read_card(run.model).objects is not None
