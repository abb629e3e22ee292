"""Versions: kept up to a number, whole or not at all, and what the trainer is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from napari_cytounet.correction import versions as room
from napari_cytounet.correction.requests import Request, RequestReader, Wish, send_request
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.versions import (
    check_kept,
    kept_versions,
    known_to,
    save_version,
    version_file,
)
from napari_cytounet.errors import ModelFileError, OutputError
from napari_cytounet.runs.commands import Command, CommandReader, send_command
from napari_cytounet.unet.model import build_network, load_model, save_model

Begin = Callable[..., CorrectionTraining]


def _save(folder: Path, training: CorrectionTraining, number: int) -> None:
    weights = dict(build_network(training.card, seed=number).state_dict())
    save_version(folder, number, weights, training.card, knows=10 * number)


def test_the_latest_is_the_model_and_the_oldest_go(
    session: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "KEPT", 3)
    training = begin()
    assert kept_versions(session) == []
    for number in (1, 2, 5, 12, 13):
        _save(session, training, number)
    assert kept_versions(session) == [5, 12, 13]
    assert [known_to(version_file(session, number)) for number in (5, 12, 13)] == [50, 120, 130]
    for number, where in ((13, session), (5, check_kept(session, 5))):
        model = load_model(where)
        expected = build_network(training.card, seed=number).state_dict()
        assert model.card == training.card
        assert all(torch.equal(expected[name], now) for name, now in model.network.state_dict().items())
    assert [path.name for path in (session / "versions").iterdir() if path.name.startswith(".")] == []


def test_one_that_is_not_kept_is_named_with_those_that_are(session: Path, begin: Begin) -> None:
    with pytest.raises(OutputError, match=r"Version 3 is not kept any more\. There are: none"):
        check_kept(session, 3)
    _save(session, begin(), 4)
    with pytest.raises(OutputError, match=r"There are: 4\."):
        check_kept(session, 3)


def test_other_files_there_are_left_alone(session: Path, begin: Begin) -> None:
    training = begin()
    _save(session, training, 7)
    shutil.copy(version_file(session, 7), session / "versions" / "000007 copy.safetensors")
    (session / "versions" / "notes.txt").touch()
    assert kept_versions(session) == [7]
    save_model(
        session / "versions" / "000008.safetensors",
        dict(build_network(training.card, 0).state_dict()),
        training.card,
    )
    with pytest.raises(ModelFileError, match="is no version"):
        known_to(version_file(session, 8))


def test_a_deleted_folder_is_not_made_anew(session: Path, begin: Begin) -> None:
    training = begin()
    shutil.rmtree(session)
    with pytest.raises(OutputError, match="was deleted"):
        _save(session, training, 1)
    assert not session.exists()


def test_a_full_disk_leaves_the_version_before(small_disk: Path, begin: Begin) -> None:
    training = begin()
    _save(small_disk, training, 1)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 8192))
    with pytest.raises(OutputError, match="full"):  # noqa: PT012
        for number in range(2, 20):
            _save(small_disk, training, number)
    latest = kept_versions(small_disk)[-1]
    assert known_to(version_file(small_disk, latest)) == 10 * latest
    load_model(small_disk)


def test_requests_and_commands_pass_each_other_by(session: Path) -> None:
    requests, commands = RequestReader(session, from_end=False), CommandReader(session, from_end=False)
    asked = [Request(Wish.PAUSE), Request(Wish.BRING_BACK, 3), Request(Wish.GO_ON)]
    for request in asked:
        send_request(session, request)
        send_command(session, Command.STOP)
    assert requests.read() == asked
    assert requests.read() == []
    assert commands.read() == [Command.STOP] * 3
    assert RequestReader(session, from_end=True).read() == []


@pytest.mark.parametrize(
    "line",
    ['{"command": "dance"}', '{"command": "bring_back", "version": "x"}', '{"command": []}', "{}", "x"],
)
def test_requests_that_make_no_sense_are_passed_over(session: Path, line: str) -> None:
    (session / "commands.jsonl").write_text(line + "\n")
    send_request(session, Request(Wish.PAUSE))
    assert RequestReader(session, from_end=False).read() == [Request(Wish.PAUSE)]
