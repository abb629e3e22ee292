"""Tests of following a training in another process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from napari.utils import progress
from napari.utils.notifications import Notification, notification_manager
from napari.viewer import Viewer

from napari_cytounet.errors import OutputError
from napari_cytounet.events import BatchDone, Failed, Started, Validated
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.training.follower import Outcome, TrainingFollower, live_training
from napari_cytounet.widgets.training.start import Begun


@pytest.fixture
def said() -> Iterator[list[str]]:
    texts: list[str] = []

    def note(notification: Notification) -> None:
        texts.append(f"{notification.severity.value}: {notification.message}")

    notification_manager.notification_ready.connect(note)
    yield texts
    notification_manager.notification_ready.disconnect(note)
    notification_manager.records.clear()


def _tasks(viewer: Viewer) -> list[str]:
    status: list[str] = viewer.__wrapped__.window._task_status_manager.get_status()
    return status


def _bars() -> list[str]:
    return [bar.desc for bar in progress._all_instances]


def _follow(training: Any, viewer: Viewer, **options: Any) -> tuple[TrainingFollower, list[Outcome]]:
    follower = TrainingFollower(Begun(training, **options), viewer)
    live_training.begin(follower)
    outcomes: list[Outcome] = []
    follower.ended.connect(outcomes.append)
    return follower, outcomes


def test_a_training_is_shown_until_its_end_and_its_model_is_chosen(
    viewer: Viewer, training: Any, said: list[str]
) -> None:
    follower, outcomes = _follow(training, viewer)
    assert _tasks(viewer) == ["napari-cytounet: training cells"]
    training.say_step()
    training.coming.append(Validated(10, 30.0, 0.8, best=True))
    follower.look()
    assert follower.state.describe() == "Step 10, loss 0.500, Dice 0.800, 1:30 left"
    assert _bars() == ["Step 10, loss 0.500, Dice 0.800, 1:30 left: "]

    training.say_end()
    follower.look()
    assert live_training.current is None
    assert (_tasks(viewer), _bars()) == ([], [])
    assert outcomes == [Outcome(training.folder, outcomes[0].text, has_model=True)]
    assert outcomes[0].text == "Trained after 20 steps: Dice 0.900. The model is kept in cells."
    assert model_choice.chosen is not None
    assert model_choice.chosen.path == training.folder / "model.safetensors"
    kept = model_choice.chosen.path
    assert said == [
        f"info: Trained after 20 steps: Dice 0.900. The best model is {kept}; it is chosen for prediction."
    ]


def test_failures_say_what_happened_and_what_to_do(viewer: Viewer, training: Any, said: list[str]) -> None:
    follower, outcomes = _follow(training, viewer)
    training.coming.append(Failed("The training was killed. Resume it, or give less --batch-size."))
    follower.look()
    assert said == ["error: The training was killed. Resume it, or give less “batch size”."]
    assert not outcomes[0].has_model
    assert live_training.current is None

    follower, _ = _follow(training, viewer)
    training.coming.append(Failed("Stopped before the first step.", stopped=True))
    follower.look()
    assert said[1:] == ["info: Stopped before the first step."]


def test_a_model_that_is_gone_and_a_folder_that_cannot_be_read(
    viewer: Viewer, training: Any, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, outcomes = _follow(training, viewer)
    training.say_end()
    (training.folder / "model.safetensors").unlink()
    follower.look()
    assert said[0].startswith("error: There is no model file")
    assert not outcomes[0].has_model

    def gone() -> list[Any]:
        raise OutputError("the share is gone")

    follower, outcomes = _follow(training, viewer)
    monkeypatch.setattr(training, "poll", gone)
    follower.look()
    assert said[1].endswith("can be watched no more: the share is gone")
    assert live_training.current is None


def test_an_earlier_end_does_not_end_what_goes_on(viewer: Viewer, training: Any) -> None:
    past = [BatchDone(1, 0.5, 0.1, 1.0, 0.0)]
    follower, outcomes = _follow(training, viewer, past=past)
    training.say_end(stopped=True)
    training.coming.append(Started(1, "here"))
    training.say_step()
    follower.look()
    assert outcomes == []
    assert [type(event).__name__ for event in follower.events] == [
        "BatchDone",
        "Finished",
        "Started",
        "BatchDone",
    ]
