"""Fine-tuning: what a training takes over from another model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.errors import (
    ModelFileError,
    SettingsError,
)
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.image import Image
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.writing import write_image
from napari_cytounet.runs.record import read_record
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.fit import scale_for
from napari_cytounet.unet.model import load_model

Fields = list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]
Write = Callable[..., Path]
Change = Callable[..., TrainSettings]


def _texts(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def _train_once(folder: Path, settings: TrainSettings, **more: Any) -> tuple[TrainResult, str]:
    """Train in a folder of data and return the result and all notices."""
    events: list[Event] = []
    result = train(folder, out=folder / "run", settings=settings, on_event=events.append, **more)
    return result, _texts(events)


def test_fine_tuning_goes_on_from_a_model(
    tmp_path: Path, run: TrainResult, cells: Path, change: Change
) -> None:
    gentle = change(training={"steps": 1}, optimiser={"learning_rate": 1e-9})
    events: list[Event] = []
    result = train(cells, out=tmp_path / "run", start_from=run.run, settings=gentle, on_event=events.append)
    assert "Going on from" in _texts(events)
    card = load_model(result.model).card
    assert card.working_scale == 0.5
    before = dict(load_model(run.model).network.named_parameters())
    for name, weight in load_model(result.model).network.named_parameters():
        torch.testing.assert_close(weight, before[name], rtol=0, atol=1e-5)
    start = read_record(result.run / "record.json")["start_from"]
    assert start["model"] == str(run.model)
    assert len(start["sha256"]) == 64


@pytest.mark.parametrize(
    "concern",
    [{"training": {"working_scale": 0.25}}, {"network": {"base_width": 8}}],
    ids=["scale", "network"],
)
def test_a_model_to_start_from_keeps_its_network_and_scale(
    tmp_path: Path, run: TrainResult, cells: Path, concern: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match="The model to start from"):
        train(cells, out=tmp_path / "run", start_from=run.run, settings=TrainSettings.model_validate(concern))
    assert not (tmp_path / "run").exists()


def test_a_frozen_encoder_stays_as_it_is_with_any_number_of_classes(
    tmp_path: Path, run: TrainResult, fields: Fields, write: Write, change: Change
) -> None:
    images = [image for image, _ in fields]
    masks = [np.where(instances > 0, 1 + instances % 2, 0).astype(np.uint8) for _, instances in fields]
    folder = write(tmp_path / "data", images, masks)
    settings = change(training={"steps": 3}, masks={"masks": "classes"})
    result, _ = _train_once(folder, settings, start_from=run.model, freeze_encoder=True)
    before, after = (load_model(path).network.state_dict() for path in (run.model, result.model))
    assert len(load_model(result.model).card.classes) == 2
    assert before["head.weight"].shape != after["head.weight"].shape
    for name, values in after.items():
        if name.startswith("encoder"):
            assert torch.equal(values, before[name]), name
    changed = [name for name, values in after.items() if name.startswith("decoder")]
    assert any(not torch.equal(after[name], before[name]) for name in changed)


def test_fine_tuning_keeps_objects_at_the_size_that_was_learnt(
    tmp_path: Path, fields: Fields, change: Change
) -> None:
    def written(name: str, zoom: int) -> Path:
        for number, (image, instances) in enumerate(fields):
            for part, array in (("images", image), ("masks", (instances > 0).astype(np.uint8) * 255)):
                (tmp_path / name / part).mkdir(parents=True, exist_ok=True)
                larger = np.kron(array, np.ones((zoom, zoom), np.uint8))
                size = PixelSize(1 / zoom, 1 / zoom)
                write_image(tmp_path / name / part / f"c{number}.tif", larger, "YX", pixel_size=size)
        return tmp_path / name

    settings = change(training={"steps": 1})
    coarse, _ = _train_once(written("coarse", 1), settings)
    fine, _ = _train_once(written("fine", 2), settings, start_from=coarse.run)
    assert load_model(coarse.run).card.pixel_size == pytest.approx(1)
    card = load_model(fine.run).card
    assert (card.pixel_size, card.working_scale) == (pytest.approx(0.5), pytest.approx(0.25))
    for zoom, scale in ((1, 0.5), (2, 0.25)):
        image = Image.from_array(fields[0][0], pixel_size=PixelSize(1 / zoom, 1 / zoom))
        assert scale_for(load_model(fine.run).card, image) == pytest.approx(scale)


def test_fine_tuning_from_what_is_no_start_is_an_error(
    tmp_path: Path, run: TrainResult, cells: Path, fields: Fields, write: Write, quick: TrainSettings
) -> None:
    with pytest.raises(SettingsError, match="--start-from"):
        train(cells, out=tmp_path / "run", settings=quick, freeze_encoder=True)
    with pytest.raises(ModelFileError, match="not a model"):
        train(cells, out=tmp_path / "run", settings=quick, start_from=run.run / "checkpoint.safetensors")
    colours = [np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)] * 3
    rgb = write(tmp_path / "rgb", colours, [(instances > 0).astype(np.uint8) for _, instances in fields])
    with pytest.raises(SettingsError, match=r"takes 1 channel.*have 3"):
        train(rgb, out=tmp_path / "run", settings=quick, start_from=run.run)
    assert not (tmp_path / "run").exists()
