"""The paragraph on methods says what the record says."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from napari_cytounet.cli import main
from napari_cytounet.runs.citations import WORKS
from napari_cytounet.runs.methods import describe_methods
from napari_cytounet.runs.record import Record, read_record
from napari_cytounet.runs.train_result import TrainResult


@pytest.fixture
def record(run: TrainResult) -> Record:
    return read_record(run.run / "record.json")


def test_it_names_what_a_reader_needs(record: Record) -> None:
    methods = describe_methods(record)
    for said in (
        "U-Net [1]",
        "halves the image 2 times and begins with 4 channels",
        "percentiles 1 and 99.8",
        "resized by 0.5",
        "3 images with masks (binary)",
        "AdamW",
        "rose to 0.01",
        "4 patches of 32 x 32 pixels, 60% of them",
        "magnification by 0.75 to 1.33",
        "seed 0",
        f"pooled Dice {record['result']['dice']:.3f}",
    ):
        assert said in methods.text
    for number, line in enumerate(methods.references, start=1):
        assert line.startswith(f"{number}. ")
        assert f"[{number}]" in methods.text
    assert methods.bibtex.count("@misc{") == len(methods.references)


def test_how_touching_objects_are_told_apart_is_said(record: Record) -> None:
    assert "boundary" not in describe_methods(record).text
    other = copy.deepcopy(record)
    other["card"]["objects"] = {"foreground": 0.5, "seeds": 0.5, "own_scale": True}
    other["result"]["objects"] = 0.6543
    text = describe_methods(other).text
    assert "learnt the boundary of each, 2 pixels wide inside it" in text
    assert "a boundary counted 5 times" in text
    assert "objects measured about 30 pixels across" in text
    assert "mean average precision of objects at IoU 0.5 to 0.9 of 0.654, and pooled Dice" in text
    other["card"]["objects"]["own_scale"] = False
    assert "measured about" not in describe_methods(other).text


def test_a_guided_filter_is_told_and_cited(record: Record) -> None:
    title = WORKS["guided"].title
    other = copy.deepcopy(record)
    other["settings"]["network"]["guided"] = True
    assert "a guided filter" in describe_methods(other).text
    assert title in describe_methods(other).as_markdown()
    other["settings"]["network"]["guided"] = False
    assert title not in describe_methods(other).as_markdown()
    del other["settings"]["network"]["guided"]  # as in a record of an earlier version
    assert title not in describe_methods(other).as_markdown()


def test_what_was_not_used_is_not_said(record: Record) -> None:
    other = copy.deepcopy(record)
    settings = other["settings"]
    settings["network"]["stem"], settings["loss"]["loss"] = "plain", "cross_entropy"
    settings["loss"]["border_weight"] = 10
    settings["optimiser"] |= {"optimiser": "sgd", "l1": 0.001, "averaging": 0}
    settings["augmentation"] = dict.fromkeys(settings["augmentation"], 0) | {"scale": [1, 1]}
    other["card"]["working_scale"] = 1
    del other["result"]
    methods = describe_methods(other)
    for said in (
        "Nesterov",
        "L1 penalty of 0.001",
        "gaps between",
        "not varied",
        "not resized",
        "not finished",
    ):
        assert said in methods.text
    for work in ("unshuffle", "dice", "adamw", "bootstrap"):
        assert WORKS[work].title not in methods.as_markdown()


def test_printed_for_people_as_bibtex_and_as_json(
    run: TrainResult, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["methods", str(run.run)]) == 0
    assert "1. " in capsys.readouterr().out
    assert main(["methods", str(run.run), "--bibtex"]) == 0
    assert capsys.readouterr().out.startswith("@misc{")
    assert main(["methods", str(Path("nowhere"))]) == 1
    assert "no record" in capsys.readouterr().err
