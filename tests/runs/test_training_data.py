"""What a training learns from: kinds of mask, stacks, colours, single images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.events import Event, Notice
from napari_cytounet.runs.record import read_record
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import PRESETS, TrainingSettings, TrainSettings
from napari_cytounet.unet.model import load_model

Fields = list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]
Write = Callable[..., Path]
Change = Callable[..., TrainSettings]


def _equal(one: Path, other: Path) -> bool:
    expected = load_model(other).network.state_dict()
    return all(torch.equal(v, expected[n]) for n, v in load_model(one).network.state_dict().items())


def _texts(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def _train_once(folder: Path, settings: TrainSettings, **more: Any) -> tuple[TrainResult, str]:
    """Train in a folder of data and return the result and all notices."""
    events: list[Event] = []
    result = train(folder, out=folder / "run", settings=settings, on_event=events.append, **more)
    return result, _texts(events)


@pytest.mark.parametrize("cells_kept", [1, None])
def test_one_image_is_enough_even_with_one_object(
    tmp_path: Path, fields: Fields, write: Write, change: Change, cells_kept: int | None
) -> None:
    image, instances = fields[0]
    mask = instances > 0 if cells_kept is None else instances == cells_kept
    settings = change(training={"steps": 2})
    result, said = _train_once(write(tmp_path / "data", [image], [mask.astype(np.uint8) * 255]), settings)
    assert result.dice is not None
    assert "strip" in said


def test_validation_by_hand_is_never_learnt_from(
    tmp_path: Path, cells: Path, fields: Fields, write: Write, change: Change
) -> None:
    # The true validation would be easy: here it is the opposite, so its Dice must stay low.
    image, instances = fields[0]
    opposite = write(tmp_path / "kept", [image], [np.where(instances > 0, 0, 255).astype(np.uint8)])
    result = train(
        cells,
        out=tmp_path / "run",
        validation=(opposite / "images", opposite / "masks"),
        settings=change(training={"steps": 3}),
    )
    record = read_record(result.run / "record.json")
    assert len(record["data"]["training"]) == 3
    assert Path(record["data"]["validation"][0]["image"]).parent == opposite / "images"
    assert "1 validation images" in record["data"]["split"]


def test_of_a_stack_only_labelled_planes_are_learnt_from(
    tmp_path: Path, fields: Fields, change: Change
) -> None:
    four = [*fields, fields[0]]
    stack = np.stack([image for image, _ in four])
    masks = np.stack([np.where(instances > 0, 255, 0).astype(np.uint8) for _, instances in four])
    masks[1] = 0
    settings = change(training={"steps": 2}, images={"axes": "ZYX"})
    for part, array in (("images", stack), ("masks", masks)):
        (tmp_path / "data" / part).mkdir(parents=True)
        tifffile.imwrite(tmp_path / "data" / part / "stack.tif", array, photometric="minisblack")
    result, said = _train_once(tmp_path / "data", settings)
    assert "1 of 4 planes are 0 everywhere" in said
    assert "--empty-planes" in said
    assert result.dice is not None


def test_named_axes_hold_for_images_and_masks(tmp_path: Path, fields: Fields, change: Change) -> None:
    for part, at in (("images", 0), ("masks", 1)):
        planes = [field[at].astype(np.uint8) for field in [*fields, *fields]]
        (tmp_path / "data" / part).mkdir(parents=True)
        np.save(tmp_path / "data" / part / "stack.npy", np.stack(planes, axis=-1))
    settings = change(training={"steps": 1}, images={"axes": "YXZ"}, masks={"masks": "instances"})
    _, said = _train_once(tmp_path / "data", settings)
    assert f"of {2 * len(fields)} planes kept back" in said


def test_colours_and_three_classes(tmp_path: Path, data: Path, change: Change) -> None:
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
        for path in sorted((data / "wbc2" / part).iterdir())[:7]:
            (tmp_path / part / path.name).symlink_to(path)
    settings = change(training={"steps": 2, "working_scale": 0.25}, masks={"masks": "classes"})
    result, said = _train_once(tmp_path, settings)
    card = load_model(result.model).card
    assert (card.channels, len(card.classes), len(card.thresholds)) == (3, 2, 2)
    assert "1 of 7 planes kept back" in said


@pytest.mark.parametrize("kind", ["instances", "outlines"])
def test_instances_and_outlines_are_learnt_as_foreground(
    tmp_path: Path, fields: Fields, write: Write, change: Change, kind: str
) -> None:
    masks = [instances for _, instances in fields]
    if kind == "outlines":
        inner = [m * (np.roll(m, 1, 0) == m) * (np.roll(m, -1, 0) == m) for m in masks]
        inner = [
            i * (np.roll(m, 1, 1) == m) * (np.roll(m, -1, 1) == m) for i, m in zip(inner, masks, strict=True)
        ]
        masks = [((m > 0) & (i == 0)).astype(np.uint8) * 255 for m, i in zip(masks, inner, strict=True)]
    settings = change(training={"steps": 2}, masks={"masks": kind})
    result, said = _train_once(write(tmp_path / "data", [image for image, _ in fields], masks), settings)
    assert f"Masks: {kind}" in said
    assert load_model(result.model).card.classes == ("foreground",)


def test_pixels_with_the_ignore_value_are_not_learnt_from(
    tmp_path: Path, fields: Fields, write: Write, change: Change
) -> None:
    masks = [np.where(instances > 0, 255, 0).astype(np.uint8) for _, instances in fields]
    ignored = []
    for mask in masks:
        ignored.append(mask.copy())
        ignored[-1][:, :30] = 9
    settings = change(training={"steps": 4}, masks={"ignore_value": 9})
    images = [image for image, _ in fields]
    one, _ = _train_once(write(tmp_path / "one", images, ignored), settings)
    other, _ = _train_once(
        write(tmp_path / "other", images, [np.where(m == 9, 9, m) for m in ignored]), settings
    )
    plain, _ = _train_once(write(tmp_path / "plain", images, masks), settings)
    assert _equal(one.model, other.model)
    assert not _equal(one.model, plain.model)


def test_a_hot_pixel_takes_no_contrast_away(
    tmp_path: Path, fields: Fields, write: Write, change: Change
) -> None:
    images = [image.astype(np.uint16) for image, _ in fields]
    masks = [(instances > 0).astype(np.uint8) for _, instances in fields]
    settings = change(training={"steps": 30}, optimiser={"learning_rate": 0.01})
    clean, _ = _train_once(write(tmp_path / "clean", images, masks), settings)
    for image in images:
        image[40, 40] = 65535
    hot, _ = _train_once(write(tmp_path / "hot", images, masks), settings)
    assert clean.dice is not None
    assert hot.dice is not None
    assert hot.dice > clean.dice - 0.15
    assert hot.dice > 0.3


def test_border_weights_and_sgd_and_l1_run_together(cells: Path, tmp_path: Path, change: Change) -> None:
    settings = change(
        training={"steps": 2},
        loss={"border_weight": 10.0},
        optimiser={"optimiser": "sgd", "l1": 1e-5, "learning_rate": 0.05},
    )
    assert train(cells, out=tmp_path / "run", settings=settings).steps == 2


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_builds_its_network(
    tmp_path: Path, cells: Path, quick: TrainSettings, preset: str
) -> None:
    settings = TrainSettings(
        training=TrainingSettings(preset=preset, steps=1, batch_size=1, patch_size=64),  # type: ignore[arg-type]
        device=quick.device,
    )
    result = train(cells, out=tmp_path / "run", settings=settings)
    network = load_model(result.model).card.network
    expected = PRESETS[preset].get("network", {})
    assert {name: getattr(network, name) for name in expected} == expected
