"""The history of a training."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.events import BatchDone, Validated
from napari_cytounet.runs.history import COLUMNS, HistoryRow, last_row, open_history, read_history


def _step(step: int, loss: float = 0.1) -> BatchDone:
    return BatchDone(step, loss, 0.1 + 0.2, step * 0.5, 0.0)


def test_rows_come_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    with open_history(path) as history:
        history.add(_step(1, 1 / 3))
        history.add(_step(2, math.nan))
        history.add(Validated(2, 1.0, 2 / 3, best=True))
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    first, second = read_history(path)
    assert first == HistoryRow(1, 0.5, 0.1 + 0.2, 1 / 3, None)
    assert math.isnan(second.loss)
    assert second.validation_dice == 2 / 3


def test_the_size_of_each_batch_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    with open_history(path) as history:
        history.add(BatchDone(1, 0.5, 0.1, 0.5, 0.0, batch_size=8))
        history.add(BatchDone(2, 0.4, 0.1, 1.0, 0.0, batch_size=4))
    with open_history(path, up_to_step=2):
        pass
    assert [row.batch_size for row in read_history(path)] == [8, 4]
    assert last_row(path) == HistoryRow(2, 1.0, 0.1, 0.4, None, 4)


def test_a_history_that_does_not_say_how_large_batches_were_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("step,seconds,learning_rate,loss,validation_dice\n1,0.500,0.1,0.5,0.75\n")
    expected = HistoryRow(1, 0.5, 0.1, 0.5, 0.75, None)
    assert read_history(path) == [expected]
    assert last_row(path) == expected


def test_going_on_drops_the_rows_that_will_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    with open_history(path) as history:
        for step in range(1, 6):
            history.add(_step(step))
            history.add(Validated(step, 0.0, step / 10, best=True))
    with path.open("a") as file:
        file.write("6,3.0,0.1")
    with open_history(path, up_to_step=3) as history:
        history.add(_step(4, loss=9))
    rows = read_history(path)
    assert [(row.step, row.validation_dice) for row in rows] == [(1, 0.1), (2, 0.2), (3, 0.3), (4, None)]
    assert rows[-1].loss == 9


def test_rows_are_on_disk_once_the_next_step_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    with open_history(path) as history:
        history.add(_step(1))
        history.add(_step(2))
        assert [row.step for row in read_history(path)] == [1]
        history.flush()
        assert [row.step for row in read_history(path)] == [1, 2]


@pytest.mark.parametrize(
    "content", ["step,loss\n1,2\n", "step,seconds,learning_rate,loss,validation_dice\nx,1,1,1,\n"]
)
def test_a_damaged_history_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(content)
    with pytest.raises(OutputError, match=r"history\.csv is damaged"):
        read_history(path)


def test_a_disk_that_is_full_is_an_error_that_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    with open_history(path):
        pass
    with pytest.raises(OutputError, match=r"history\.csv: cannot be written.*--resume"), open_history(path):
        raise OSError(28, "No space left on device")
    assert read_history(path) == []
