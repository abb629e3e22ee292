"""Tests of a trainer that gives way while somebody paints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.correcting import giving_way
from napari_cytounet.widgets.correcting.follower import TrainerFollower
from napari_cytounet.widgets.correcting.giving_way import GivingWay


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving_way, "PAUSE_MS", 50)
    monkeypatch.setattr(giving_way, "AGAIN_MS", 10)


@pytest.fixture
def layer() -> Labels:
    return Labels(np.zeros((40, 40), np.uint8))


@pytest.fixture
def way(trainer: Any, tmp_path: Path, layer: Labels, qtbot: QtBot) -> Iterator[GivingWay]:
    follower = TrainerFollower(tmp_path, trainer, 1, is_ours=True)
    made = GivingWay(follower)
    made.watch(layer)
    yield made
    made.leave()
    follower.leave()


def test_it_gives_way_from_the_first_dab_until_shortly_after_the_last(
    way: GivingWay, trainer: Any, layer: Labels, qtbot: QtBot
) -> None:
    way.watch(layer)  # once more, for another image
    for at in range(5, 15):
        layer.paint((at, at), 1)
        qtbot.wait(10)
        assert trainer.gave_way == [True]
    qtbot.waitUntil(lambda: trainer.gave_way == [True, False])
    layer.undo()
    layer.paint((20, 20), 1)
    assert trainer.gave_way == [True, False, True]


def test_where_the_system_will_not_hear_of_it_yet_it_is_asked_again(
    way: GivingWay, trainer: Any, layer: Labels, qtbot: QtBot
) -> None:
    trainer.is_hard_of_hearing = True
    layer.paint((5, 5), 1)
    layer.paint((6, 6), 1)
    assert trainer.gave_way == [True, True]
    trainer.is_hard_of_hearing = False
    layer.paint((7, 7), 1)
    trainer.is_hard_of_hearing = True
    qtbot.waitUntil(lambda: trainer.gave_way[3:5] == [False, False])
    trainer.is_hard_of_hearing = False
    qtbot.waitUntil(lambda: len(trainer.gave_way) > 5)
    asked = len(trainer.gave_way)
    qtbot.wait(100)
    assert len(trainer.gave_way) == asked


def test_whoever_leaves_while_painting_gives_the_trainer_its_share(
    way: GivingWay, trainer: Any, layer: Labels
) -> None:
    layer.paint((5, 5), 1)
    way.leave()
    assert trainer.gave_way == [True, False]
    layer.paint((6, 6), 1)
    assert trainer.gave_way == [True, False]


def test_a_session_gives_way_to_strokes_and_to_edits(
    viewer: Viewer, user: Any, trainer: Any, qtbot: QtBot, new_session: Callable[..., Path]
) -> None:
    widget = user.opens()
    live = user.opens_again(widget, new_session())
    user.paints(live.stage.strokes, 1, (5, 5), (5, 6))
    qtbot.waitUntil(lambda: trainer.gave_way == [True, False])
    viewer.add_labels(np.zeros((60, 80), np.int32), name="objects")
    widget.panel.edit.clicked.emit(True)
    user.paints(live.editing.layer, 1, (30, 30), (30, 31))
    qtbot.waitUntil(lambda: trainer.gave_way == [True, False, True, False])
