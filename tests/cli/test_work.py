"""`cytounet work` in the terminal: its answer and its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_cytounet.cli import main
from napari_cytounet.runs import run_lock
from napari_cytounet.runs.run_lock import locked


def test_a_folder_that_asks_for_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["work", str(tmp_path)]) == 1
    assert "no training was asked for in this folder" in capsys.readouterr().err
    assert main(["work", str(tmp_path / "nowhere")]) == 1
    assert "nowhere cannot be worked in" in capsys.readouterr().err


def test_a_second_worker_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "PATIENCE", 0.1)
    with locked(tmp_path):
        assert main(["work", str(tmp_path)]) == 1
    assert "is being trained already by process" in capsys.readouterr().err
