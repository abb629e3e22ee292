"""Correction sessions on the command line: trainers, simulations, and sessions among runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_cytounet.cli import main
from napari_cytounet.correction.session import create_session
from napari_cytounet.correction.versions import save_version
from napari_cytounet.settings import CorrectionSettings, NetworkSettings
from napari_cytounet.unet.model import build_network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two images, their masks, and a session about the first, with a version."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for number in range(2):
        image = np.random.default_rng(number).integers(0, 50, (64, 64)).astype(np.uint8)
        image[8:28, 8:28] += 150
        tifffile.imwrite(tmp_path / "images" / f"{number}.tif", image)
        tifffile.imwrite(tmp_path / "masks" / f"{number}.tif", np.where(image > 100, 255, 0).astype(np.uint8))
    session = create_session(
        tmp_path / "session",
        [tmp_path / "images" / "0.tif"],
        settings=CorrectionSettings(network=NetworkSettings(base_width=4, depth=1)),
    )
    weights = dict(build_network(session.card, 0).state_dict())
    save_version(tmp_path / "session", 1, weights, session.card, knows=3)
    return tmp_path


def test_simulate_prints_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(folder / "images"), str(folder / "masks"), "--strokes", "2", "--steps", "2"]
    assert main([*words, "--score-every", "1", "--threads", "1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [point["strokes"] for point in printed["points"]] == [2]
    assert set(printed["points"][0]) >= {"dice", "precision", "seconds", "pixels", "adopted", "proposed"}


def test_simulate_draws_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(folder / "images"), str(folder / "masks"), "--strokes", "2", "--steps", "2"]
    assert main([*words, "--threads", "1", "--places", "random"]) == 0
    printed = capsys.readouterr()
    assert "versions adopted" in printed.out
    assert "2 strokes, " in printed.err
    assert "average precision" in printed.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trainer"], "SESSION"),
        (["trainer", "session", "--parent", "mother"], "--parent"),
        (["simulate", "images", "--strokes", "0"], "--strokes 0: input should be greater than"),
        (["simulate", "images", "--places", "best"], "--places best"),
        (["simulate", "images", "--test", "one"], "--test"),
    ],
)
def test_what_is_not_understood_ends_with_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_trainer_needs_a_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trainer", str(tmp_path)]) == 1
    assert "holds no correction session" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_session_is_a_run_among_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "session" in printed
    assert "strokes" in printed
    assert "unfinished" not in printed


def test_a_session_is_a_model_to_predict_with_and_to_start_from(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session, out = str(folder / "session"), str(folder / "out")
    assert main(["predict", session, str(folder / "images"), "--out", out, "--threads", "1"]) == 0
    assert (folder / "out" / "instances" / "0.tif").exists()
    words = ["train", str(folder / "images"), str(folder / "masks"), "--start-from", session, "--steps", "2"]
    assert main([*words, "--out", str(folder / "run"), "--threads", "1"]) == 0


@pytest.mark.parametrize(
    "words",
    [["--resume", "--out", "session"], ["--repeat", "session", "--out", "again"]],
)
def test_a_session_is_no_training_to_resume_or_repeat(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert main(["train", *words]) == 1
    said = capsys.readouterr().err
    assert "correction session" in said
    assert "--start-from" in said
    assert (folder / "session" / "record.json").exists()
    assert not (folder / "again").exists()


def test_a_session_without_a_version_is_no_model_yet(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "session" / "model.safetensors").unlink()
    out = str(folder / "out")
    assert main(["predict", str(folder / "session"), str(folder / "images"), "--out", out]) == 1
    assert "There is no model file" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["report"], ["replay"], ["methods"], ["runs", "compare", "SESSION"]])
def test_what_tells_of_a_training_says_that_a_session_is_none(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    session = str(folder / "session")
    assert main([session if word == "SESSION" else word for word in [*words, "SESSION"]]) == 1
    assert "is a correction session" in capsys.readouterr().err
