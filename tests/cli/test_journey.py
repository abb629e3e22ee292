"""Train, predict and list runs from the command line, on a few small synthetic images."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from napari_cytounet.cli import main
from napari_cytounet.errors import Cancelled
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.samples.synthetic import write_synthetic
from napari_cytounet.settings import TrainSettings

SMALL = ["--steps", "3", "--batch-size", "2", "--patch-size", "32", "--base-width", "4", "--depth", "2"]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic cells in cytounet's layout."""
    return write_synthetic(
        tmp_path_factory.mktemp("cells"), "fluorescence", images=3, validation=1, shape=(96, 80), count=4
    )


def test_train_predict_and_runs_print_one_object_each(
    cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, results = tmp_path / "run", tmp_path / "results"
    new = cells / "validation" / "images"
    for words in (
        ["train", str(cells), "--out", str(run), *SMALL],
        ["predict", str(run), str(new), "--out", str(results)],
        ["runs", str(tmp_path)],
    ):
        assert main([*words, "--json"]) == 0
    trained, predicted, listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert trained["steps"] == 3
    assert Path(trained["model"]).exists()
    assert predicted["images"] == 1
    assert all(Path(path).exists() for path in predicted["written"])
    assert [run["steps"] for run in listed["runs"]] == [3]


def test_without_json_people_are_told_where_the_results_are(
    cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(cells), "--out", str(tmp_path / "run"), *SMALL]) == 0
    printed = capsys.readouterr()
    assert str(tmp_path / "run" / "model.safetensors") in printed.out
    assert "training, step 3" in printed.err
    assert main(["runs", str(tmp_path)]) == 0
    assert "finished" in capsys.readouterr().out


def test_what_is_not_given_is_left_to_the_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def training(*words: object, **options: object) -> Generator[Event, None, None]:
        given.update(options, words=words)
        yield Notice("begun")
        raise Cancelled("enough")

    monkeypatch.setattr("napari_cytounet.runs.training.training", training)
    words = ["train", "images", "masks", "--out", str(tmp_path), "--validation", "more", "true"]
    assert main([*words, "--preset", "cytounet", "--base-width", "7", "--no-flip"]) == 1
    settings = given["settings"]
    assert isinstance(settings, TrainSettings)
    assert settings.training.model_fields_set == {"preset"}
    assert settings.network.model_fields_set == {"base_width"}
    assert settings.augmentation.model_fields_set == {"flip"}
    filled = settings.with_preset()
    assert (filled.network.base_width, filled.network.stem, filled.training.patch_size) == (7, "plain", 256)
    assert given["words"] == (Path("images"), Path("masks"))
    assert given["validation"] == (Path("more"), Path("true"))
    assert isinstance(given["cancel"], threading.Event)
