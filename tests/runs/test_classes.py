"""Classes have names and colours, and a model that knows them by their values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from napari_cytounet import evaluate, predict, train
from napari_cytounet.cli import main
from napari_cytounet.errors import SettingsError
from napari_cytounet.images.reading import open_image
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import DeviceSettings, MaskKind, MaskSettings, TrainSettings
from napari_cytounet.unet.model import load_model

Fields = list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]
Change = Callable[..., TrainSettings]
CHOSEN = {"masks": "classes", "class_names": ("red", "white"), "class_colours": ("#ff0000", "#eeeeee")}


@pytest.fixture
def two_classes(tmp_path: Path, fields: Fields, write: Callable[..., Path]) -> Path:
    """A folder with masks of the values 2 and 5."""
    masks = [np.where(objects > 0, 2 + 3 * (objects % 2), 0).astype(np.uint8) for _, objects in fields]
    return write(tmp_path / "data", [image for image, _ in fields], masks)


def _train(folder: Path, out: str, settings: TrainSettings, **more: Any) -> TrainResult:
    return train(folder, out=folder.parent / out, settings=settings, **more)


def test_names_and_colours_are_in_the_model_and_names_in_results(two_classes: Path, change: Change) -> None:
    result = _train(two_classes, "run", change(training={"steps": 2}, masks=CHOSEN))
    card = load_model(result.model).card
    assert (card.classes, card.colours, card.mask_values) == (
        ("red", "white"),
        ("#ff0000", "#eeeeee"),
        (2, 5),
    )
    out = two_classes.parent / "out"
    predict(result.model, [two_classes / "images"], out=out, device=DeviceSettings(device="cpu", threads=1))
    tags = open_image(out / "classes" / "cells_0.tif").tags
    assert (json.loads(tags["classes"]), json.loads(tags["mask_values"])) == (["red", "white"], [2, 5])
    scored = evaluate(out / "classes", two_classes / "masks", masks=MaskSettings(masks=MaskKind.CLASSES))
    assert len(scored.class_scores) == 2


def test_fine_tuning_keeps_what_the_model_calls_them_and_its_head(two_classes: Path, change: Change) -> None:
    first = _train(two_classes, "first", change(training={"steps": 2}, masks=CHOSEN))
    gentle = change(training={"steps": 1}, masks={"masks": "classes"}, optimiser={"learning_rate": 1e-9})
    tuned = _train(two_classes, "tuned", gentle, start_from=first.model)
    card = load_model(tuned.model).card
    assert (card.classes, card.colours) == (("red", "white"), ("#ff0000", "#eeeeee"))
    renamed = change(
        training={"steps": 1},
        masks={"masks": "classes", "class_names": ("a", "b")},
        optimiser={"learning_rate": 1e-9},
    )
    other = _train(two_classes, "renamed", renamed, start_from=first.model)
    assert load_model(other.model).card.classes == ("a", "b")
    head = load_model(first.model).network.head.weight
    for path in (tuned.model, other.model):
        torch.testing.assert_close(load_model(path).network.head.weight, head, rtol=0, atol=1e-5)


def test_one_class_has_a_name_too(cells: Path, tmp_path: Path, change: Change) -> None:
    settings = change(
        training={"steps": 1}, masks={"class_names": ("nucleus",), "class_colours": ("#00ff00",)}
    )
    card = load_model(train(cells, out=tmp_path / "run", settings=settings).model).card
    assert (card.classes, card.colours, card.mask_values) == (("nucleus",), ("#00ff00",), ())


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"class_names": ("a", "b", "c")}, r"3 names of classes .*\(a, b, c\).*2 classes \(2, 5\)"),
        ({"class_colours": ("#ff0000",)}, r"1 colours of classes .*\(#ff0000\).*2 classes"),
    ],
)
def test_a_wrong_number_of_them_is_refused(
    two_classes: Path, change: Change, masks: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        _train(two_classes, "run", change(masks={"masks": "classes"} | masks))
    assert not (two_classes.parent / "run").exists()


def test_one_class_is_not_two(cells: Path, tmp_path: Path, change: Change) -> None:
    with pytest.raises(SettingsError, match="masks hold one class"):
        train(cells, out=tmp_path / "run", settings=change(masks={"class_names": ("a", "b")}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"class_names": ("a", "a")},
        {"class_names": ("a", " ")},
        {"class_names": ()},
        {"class_colours": ("red",)},
        {"class_colours": ("#ff00",)},
    ],
    ids=str,
)
def test_names_are_distinct_and_colours_are_colours(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MaskSettings(**wrong)


def test_they_are_given_on_the_command_line(two_classes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", str(two_classes), "--out", str(two_classes.parent / "run"), "--masks", "classes"]
    words += ["--steps", "1", "--base-width", "2", "--patch-size", "32", "--threads", "1", "--device", "cpu"]
    named = ["--class-names", "red", "--class-names", "white"]
    coloured = ["--class-colours", "#ff0000", "--class-colours", "#eeeeee"]
    assert main([*words, *named, *coloured]) == 0
    card = load_model(two_classes.parent / "run").card
    assert (card.classes, card.colours) == (("red", "white"), ("#ff0000", "#eeeeee"))
    assert main([*words, "--class-colours", "red"]) == 2
    assert "--class-colours" in capsys.readouterr().err
