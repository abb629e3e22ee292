"""Tests of following a trainer: it dies, it hangs, it runs elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from napari_cytounet.correction.requests import Wish
from napari_cytounet.errors import OutputError
from napari_cytounet.events import Finished
from napari_cytounet.widgets.correcting import follower as followers
from napari_cytounet.widgets.correcting.follower import RESTARTED, TrainerFollower


@pytest.fixture
def follower(trainer: Any, tmp_path: Path, qapp: Any) -> Iterator[TrainerFollower]:
    made = TrainerFollower(tmp_path, trainer, 1, is_ours=True)
    yield made
    made.leave()


def test_a_trainer_that_died_is_restarted_again_only_if_it_got_somewhere(
    follower: TrainerFollower, trainer: Any, tmp_path: Path
) -> None:
    said: list[str] = []
    follower.said.connect(said.append)
    trainer.die()
    follower.look()
    assert trainer.starts == [tmp_path]
    assert trainer.has_less_memory
    assert said == [RESTARTED]
    trainer.say_version(1, 3)
    follower.look()
    trainer.die()
    follower.look()
    assert trainer.starts == [tmp_path] * 2
    assert follower.state.version == 1
    trainer.die()
    follower.look()
    assert trainer.starts == [tmp_path] * 2
    assert follower.has_ended
    assert said[-1].startswith("It was killed.\nIt was restarted once already.")
    follower.ask(Wish.BRING_BACK, 1)
    assert trainer.starts == [tmp_path] * 3
    assert not follower.has_ended


def test_a_trainer_whose_folder_is_gone_is_not_restarted(trainer: Any, tmp_path: Path, qapp: Any) -> None:
    folder = tmp_path / "session"
    follower = TrainerFollower(folder, trainer, 1, is_ours=True)
    said: list[str] = []
    follower.said.connect(said.append)
    trainer.die()
    follower.look()
    assert said == ["It was killed."]
    assert trainer.starts == []


def test_why_it_cannot_be_restarted_is_told(
    follower: TrainerFollower, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    follower.said.connect(said.append)

    def refuse(*_: Any, **__: Any) -> None:
        raise OutputError("It is being trained already.")

    monkeypatch.setattr(followers, "start_trainer", refuse)
    trainer.die()
    follower.look()
    assert said == ["It was killed.\nIt is being trained already."]


def test_a_share_that_is_gone_is_like_a_trainer_that_died(
    follower: TrainerFollower, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OSError("stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr(trainer, "poll", gone)
        follower.look()
    assert len(trainer.starts) == 1


def test_a_trainer_that_hangs_is_ended_and_one_that_rests_is_not(
    follower: TrainerFollower, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer.say_waiting("learnt")
    follower.look()
    monkeypatch.setattr(follower, "_heard", -1e9)
    follower.look()
    assert not trainer.is_killed
    trainer.say_taken(1)
    follower.look()
    follower.look()
    assert not trainer.is_killed
    monkeypatch.setattr(follower, "_heard", -1e9)
    follower.look()
    assert trainer.is_killed


def test_a_trainer_that_somebody_else_started_goes_on(trainer: Any, tmp_path: Path, qapp: Any) -> None:
    TrainerFollower(tmp_path, trainer, 1, is_ours=False).leave()
    assert not trainer.is_stopped


def test_when_the_trainer_of_somebody_else_ends_this_window_starts_its_own(
    trainer: Any, tmp_path: Path, qapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = TrainerFollower(tmp_path, trainer, 1, is_ours=False)
    trainer.coming.append(Finished({}))
    follower.look()
    assert follower.state.doing == "ended"

    def still_there(*_: Any, **__: Any) -> None:
        raise OutputError("It is being trained already.")

    with monkeypatch.context() as patched:
        patched.setattr(followers, "start_trainer", still_there)
        follower.look()
    assert not follower.has_ended
    follower.look()
    assert trainer.starts == [tmp_path]
    assert follower.state.doing == "starting"
    follower.leave()
    assert trainer.is_stopped
