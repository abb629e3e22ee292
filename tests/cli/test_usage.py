"""Exit codes, and what is said when a command is not understood or fails."""

from __future__ import annotations

import os

import pytest

from napari_cytounet.cli import main
from napari_cytounet.cli.app import WAITING
from napari_cytounet.segmentation import threshold_files


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trainn"], "trainn"),
        (["train", "images", "masks"], "--out"),
        (["train", "images", "--out", "run", "--steps", "-3"], "--steps -3: input should be greater than"),
        (["train", "images", "--out", "run", "--base-width", "wide"], "--base-width wide: input should be a"),
        (["train", "images", "--out", "run", "--stem", "round"], "--stem round: input should be 'plain' or"),
        (
            ["train", "images", "--out", "run", "--steps", "3", "--minutes", "1"],
            "minutes or in steps, not both",
        ),
        (
            ["threshold", "image.tif", "--out", "labels", "--method", "fixed"],
            "The method fixed needs a value",
        ),
        (["threshold", "image.tif", "--out", "labels", "--value", "9"], "A value needs the method fixed"),
        (["predict", "model", "--out", "results"], "INPUTS"),
        (["doctor", "--nurse"], "--nurse"),
    ],
)
def test_a_command_that_is_not_understood_ends_with_2_and_names_what_is_wrong(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert "--help" in printed.err
    assert "errors.pydantic.dev" not in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate")])
def test_out_of_memory_is_a_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(threshold_files, "thresholding", fails)
    assert main(["threshold", "image.tif", "--out", "labels"]) == 1
    printed = capsys.readouterr()
    assert "There is not enough memory" in printed.err
    assert "Traceback" not in printed.err


def test_a_bug_of_ours_is_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(threshold_files, "thresholding", fails)
    with pytest.raises(RuntimeError, match="shapes"):
        main(["threshold", "image.tif", "--out", "labels"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, WAITING), ({"OMP_WAIT_POLICY": "active"}, {}), ({"GOMP_SPINCOUNT": "7"}, {})],
)
def test_threads_wait_as_the_environment_says_or_else_as_we_say(
    given: dict[str, str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: value for name, value in os.environ.items() if name not in WAITING} | given
    environment = dict(before)
    monkeypatch.setattr(os, "environ", environment)
    assert main(["--version"]) == 0
    assert environment == before | expected
