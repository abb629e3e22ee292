"""Notes on runs, and their archive: nothing is deleted or overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from napari_cytounet.cli import main
from napari_cytounet.errors import OutputError
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.keeping import add_to_note, archive_run, read_note, restore_run, write_note
from napari_cytounet.runs.listing import list_runs
from napari_cytounet.runs.run_lock import locked


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A run with a record and a model."""
    run = tmp_path / "runs" / "first"
    run.mkdir(parents=True)
    record = {
        "format": 1,
        "card": {},
        "created": "2026-11-25T00:00:00+00:00",
        "data": {"training": [{"image": "/data/cells/images/1.tif"}], "masks": {"kind": "binary"}},
        "settings": {"training": {"preset": "fast"}},
    }
    (run / "record.json").write_text(json.dumps(record))
    (run / "model.safetensors").write_bytes(b"model")
    return run


def test_a_note_grows_line_by_line_and_is_listed(kept: Path) -> None:
    assert read_note(kept) == ""
    add_to_note(kept, "failed because the masks were inverted")
    add_to_note(kept, "second look: only two of them\n")
    (run,) = list_runs(kept.parent)
    assert run.note == "failed because the masks were inverted\nsecond look: only two of them"
    assert run.data == "cells"
    write_note(kept, "Zellen, größer")
    assert read_note(kept) == "Zellen, größer"


def test_an_archived_run_is_out_of_the_list_and_comes_back_whole(kept: Path) -> None:
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    archived = archive_run(kept)
    assert archived == kept.parent / "archived-runs" / "first"
    assert {path.name: path.read_bytes() for path in archived.iterdir()} == before
    assert list_runs(kept.parent) == []
    assert [run.path for run in list_runs(kept.parent, archived=True)] == [archived]
    with pytest.raises(OutputError, match="archived already"):
        archive_run(archived)
    assert restore_run(archived) == kept
    assert [run.name for run in list_runs(kept.parent)] == ["first"]
    with pytest.raises(OutputError, match="not archived"):
        restore_run(kept)


def test_nothing_is_overwritten_and_nothing_else_is_moved(kept: Path, tmp_path: Path) -> None:
    taken = kept.parent / "archived-runs" / "first"
    taken.mkdir(parents=True)
    with pytest.raises(OutputError, match="there already"):
        archive_run(kept)
    other = tmp_path / "photos"
    other.mkdir()
    for action in (archive_run, lambda path: add_to_note(path, "mine")):
        with pytest.raises(OutputError, match="not the folder of a run"):
            action(other)
    assert list(other.iterdir()) == []


def test_a_run_that_is_being_trained_stays(kept: Path) -> None:
    with locked(kept), pytest.raises(OutputError, match="being trained"):
        archive_run(kept)
    assert RunFolder(kept).record.exists()


def test_from_the_command_line(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "note", str(kept), "failed because of the light"]) == 0
    assert main(["runs", str(kept.parent), "--sort", "dice"]) == 0
    assert "failed because of the light" in capsys.readouterr().out
    assert main(["runs", "archive", str(kept), "--json"]) == 0
    archived = json.loads(capsys.readouterr().out)["run"]
    assert main(["runs", str(kept.parent)]) == 0
    assert "No run was found" in capsys.readouterr().out
    assert main(["runs", str(kept.parent), "--archived"]) == 0
    assert "first" in capsys.readouterr().out
    assert main(["runs", "restore", archived]) == 0
    assert main(["runs", "restore", str(kept)]) == 1
    assert kept.exists()
