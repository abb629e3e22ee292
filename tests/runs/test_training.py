"""From files to the folder of a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from napari_cytounet.errors import (
    Cancelled,
    CytounetError,
    ModelFileError,
    OutputError,
    SettingsError,
    TrainingError,
)
from napari_cytounet.events import BatchDone, Event, Notice, Validated
from napari_cytounet.images.image import Image
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.writing import write_image
from napari_cytounet.runs.history import read_history
from napari_cytounet.runs.record import digest, read_record
from napari_cytounet.runs.training import TrainResult, train, training
from napari_cytounet.settings import PRESETS, TrainingSettings, TrainSettings
from napari_cytounet.unet import training as loop
from napari_cytounet.unet.model import load_model
from napari_cytounet.unet.prediction import scale_for

Fields = list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]
Write = Callable[..., Path]
Change = Callable[..., TrainSettings]
FILES = {"checkpoint.safetensors", "history.csv", "model.safetensors", "record.json"}


def _equal(one: Path, other: Path) -> bool:
    expected = load_model(other).network.state_dict()
    return all(torch.equal(v, expected[n]) for n, v in load_model(one).network.state_dict().items())


def _rows(run: Path) -> list[tuple[object, ...]]:
    return [
        (row.step, row.learning_rate, row.loss, row.validation_dice)
        for row in read_history(run / "history.csv")
    ]


def _texts(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def test_a_run_leaves_model_record_history_and_checkpoint(run: TrainResult, cells: Path) -> None:
    assert {path.name for path in run.run.iterdir()} == FILES
    assert (run.steps, run.skipped, run.stopped) == (40, 0, False)
    assert run.dice is not None
    assert 0.3 < run.dice <= 1
    rows = read_history(run.run / "history.csv")
    assert [row.step for row in rows] == list(range(1, 41))
    best = max(row.validation_dice for row in rows if row.validation_dice is not None)
    assert best == run.dice
    record = read_record(run.run / "record.json")
    assert record["result"]["dice"] == run.dice
    assert record["result"]["best_step"] in {row.step for row in rows if row.validation_dice == run.dice}
    assert record["settings"]["training"]["steps"] == 40
    assert [Path(entry["image"]).name for entry in record["data"]["training"]] == [
        path.name for path in sorted((cells / "images").iterdir())
    ]
    assert all(len(entry["mask_sha256"]) == 64 for entry in record["data"]["training"])
    assert {"torch", "numpy"} <= set(record["environment"]["packages"])
    card = load_model(run.model).card
    assert card.thresholds == run.thresholds
    assert card.validation_dice == run.dice
    assert card.working_scale == 0.5
    assert card.record == digest(record)
    assert json.loads(json.dumps(run.as_dict()))["model"] == str(run.model)


def test_two_runs_in_steps_of_one_seed_give_equal_weights(
    tmp_path: Path, cells: Path, quick: TrainSettings, change: Change
) -> None:
    for name, settings in {"a": quick, "b": quick, "c": change(training={"seed": 1})}.items():
        train(cells, out=tmp_path / name, settings=settings)
    assert _equal(tmp_path / "a", tmp_path / "b")
    assert _rows(tmp_path / "a") == _rows(tmp_path / "b")
    assert not _equal(tmp_path / "a", tmp_path / "c")


def test_a_run_by_minutes_can_be_repeated(tmp_path: Path, cells: Path, change: Change) -> None:
    by_minutes = change(training={"steps": None, "minutes": 0.02})
    first = train(cells, out=tmp_path / "first", settings=by_minutes)
    assert 0.6 < first.seconds < 10
    again = train(None, out=tmp_path / "again", repeat=tmp_path / "first")
    assert again.steps == first.steps > 0
    assert _equal(first.model, again.model)
    assert _rows(tmp_path / "first") == _rows(tmp_path / "again")
    assert (again.dice, again.thresholds) == (first.dice, first.thresholds)
    assert read_record(tmp_path / "again" / "record.json")["repeats"] == str(tmp_path / "first")


def test_repeating_on_other_images_says_that_the_model_will_differ(
    tmp_path: Path, run: TrainResult, fields: Fields, write: Write
) -> None:
    changed = write(
        tmp_path / "data",
        [255 - image for image, _ in fields],
        [(instances > 0).astype(np.uint8) for _, instances in fields],
    )
    events: list[Event] = []
    job = training(changed, out=tmp_path / "again", repeat=run.run)
    for event in job:
        events.append(event)
        if isinstance(event, BatchDone):
            job.close()
    assert "the model will not be the same" in _texts(events)


def test_a_run_without_steps_cannot_be_repeated(tmp_path: Path, run: TrainResult) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "record.json").write_text((run.run / "record.json").read_text())
    (tmp_path / "empty" / "history.csv").write_text("step,seconds,learning_rate,loss,validation_dice\n")
    with pytest.raises(SettingsError, match="took no step"):
        train(None, out=tmp_path / "again", repeat=tmp_path / "empty")
    assert not (tmp_path / "again").exists()


def test_cancelled_before_the_first_step_nothing_is_left(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="no model"):
        train(cells, out=tmp_path / "run", settings=quick, cancel=cancel)
    assert not (tmp_path / "run").exists()

    cancel.clear()
    with pytest.raises(Cancelled, match="before the first step"):
        train(
            cells,
            out=tmp_path / "run",
            settings=quick,
            cancel=cancel,
            on_event=lambda e: cancel.set() if "Training on" in getattr(e, "text", "") else None,
        )
    assert not (tmp_path / "run").exists()
    cancel.clear()
    assert train(cells, out=tmp_path / "run", settings=quick, cancel=cancel).steps == 12


@pytest.mark.parametrize("stop_after", [1, 5])
def test_cancelled_in_the_middle_the_best_is_kept_and_can_be_resumed(
    tmp_path: Path, cells: Path, quick: TrainSettings, stop_after: int
) -> None:
    cancel = threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == stop_after:
            cancel.set()

    stopped = train(cells, out=tmp_path / "run", settings=quick, cancel=cancel, on_event=stop)
    assert stopped.stopped
    assert stopped.steps == stop_after
    assert load_model(stopped.model).card.validation_dice == stopped.dice
    assert read_record(tmp_path / "run" / "record.json")["result"]["stopped"] is True
    resumed = train(None, out=tmp_path / "run", resume=True)
    assert (resumed.steps, resumed.stopped) == (12, False)


def test_a_job_that_is_dropped_in_the_middle_keeps_what_was_saved(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    job = training(cells, out=tmp_path / "run", settings=quick)
    next(event for event in job if isinstance(event, Validated))
    job.close()
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    assert train(None, out=tmp_path / "run", resume=True).steps == 12


def test_nothing_is_overwritten(tmp_path: Path, run: TrainResult, cells: Path, quick: TrainSettings) -> None:
    before = {path: path.read_bytes() for path in run.run.iterdir()}
    with pytest.raises(OutputError, match=r"already holds a run.*--resume"):
        train(cells, out=run.run, settings=quick)
    assert {path: path.read_bytes() for path in run.run.iterdir()} == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        train(cells, out=tmp_path / "full", settings=quick)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot be made"):
        train(cells, out=tmp_path / "file", settings=quick)


def test_a_loss_that_is_never_finite_leaves_a_folder_for_the_next_try(
    tmp_path: Path, cells: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as spoilt:
        spoilt.setattr(loop, "segmentation_loss", lambda logits, *_: logits.sum() * float("nan"))
        with pytest.raises(TrainingError, match="not finite in 20 steps in a row"):
            train(cells, out=tmp_path / "run", settings=change(training={"steps": 1000}))
    assert not (tmp_path / "run").exists()


def test_a_budget_that_reading_uses_up_is_an_error(tmp_path: Path, cells: Path, change: Change) -> None:
    cancel = threading.Event()

    def end_what_should_not_have_begun(event: Event) -> None:
        if isinstance(event, BatchDone):
            cancel.set()

    with pytest.raises(TrainingError, match=r"whole budget.*--minutes"):
        train(
            cells,
            out=tmp_path / "run",
            settings=change(training={"steps": None, "minutes": 1e-7}),
            cancel=cancel,
            on_event=end_what_should_not_have_begun,
        )
    assert not (tmp_path / "run").exists()


def test_images_must_be_named(tmp_path: Path, quick: TrainSettings) -> None:
    with pytest.raises(SettingsError, match="Name the images"):
        train(None, out=tmp_path / "run", settings=quick)
    with pytest.raises(SettingsError, match="no run to resume"):
        train(None, out=tmp_path / "run", resume=True)
    assert not (tmp_path / "run").exists()


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


def test_a_resumed_run_keeps_its_settings(run: TrainResult) -> None:
    other = TrainSettings(training=TrainingSettings(seed=99))
    with pytest.raises(SettingsError, match="seed"):
        train(None, out=run.run, settings=other, resume=True)


def test_a_run_that_is_stopped_is_validated_as_it_stands(tmp_path: Path, cells: Path, change: Change) -> None:
    cancel = threading.Event()

    def stop_after_7(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == 7:
            cancel.set()

    settings = change(training={"steps": 1000})
    result = train(cells, out=tmp_path / "run", settings=settings, cancel=cancel, on_event=stop_after_7)
    assert result.stopped
    assert result.steps == 7
    rows = read_history(tmp_path / "run" / "history.csv")
    assert [row.step for row in rows if row.validation_dice is not None] == [7]


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
        assert scale_for(load_model(fine.run), image) == pytest.approx(scale)


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


def test_a_full_disk_is_an_error_and_the_former_model_stays(
    tmp_path: Path, cells: Path, quick: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes, calls = Path.write_bytes, iter(range(1, 1000))

    def full(path: Path, content: bytes) -> int:
        if next(calls) > 4:
            raise OSError(28, "No space left on device")
        return write_bytes(path, content)

    with monkeypatch.context() as limited:
        limited.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError, match="full"):
            train(cells, out=tmp_path / "run", settings=quick)
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    load_model(tmp_path / "run")
    assert train(None, out=tmp_path / "run", resume=True).steps == 12


def test_paths_may_be_text_and_events_are_passed_on(tmp_path: Path, cells: Path, change: Change) -> None:
    events: list[Event] = []
    train(
        str(cells / "images"),
        str(cells / "masks"),
        out=str(tmp_path / "run"),
        settings=change(training={"steps": 1}),
        on_event=events.append,
    )
    assert sum(isinstance(event, BatchDone) for event in events) == 1
    assert all(json.dumps(event.as_dict()) for event in events)


def test_any_error_of_ours_is_one_to_be_read(tmp_path: Path, quick: TrainSettings) -> None:
    with pytest.raises(CytounetError, match="nowhere"):
        train(tmp_path / "nowhere", out=tmp_path / "run", settings=quick)
    tifffile.imwrite(tmp_path / "one.tif", np.zeros((9, 9), np.uint8))
    with pytest.raises(CytounetError, match=r"one\.tif"):
        train(tmp_path / "one.tif", tmp_path / "one.tif", out=tmp_path / "run", settings=quick)
    assert not (tmp_path / "run").exists()
