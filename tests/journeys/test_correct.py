"""Paint with the mouse, wait for a version, lose the trainer and the window, open again, and finish."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import JournalReader
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.runs.run_lock import lock_holder
from napari_cytounet.widgets.model_choice import model_choice


@pytest.mark.slow
def test_paint_kill_open_again_and_finish(user: Any, hand: Any) -> None:
    viewer = user.viewer
    cells = make_cells("fluorescence", shape=(256, 256), count=16, seed=3)
    viewer.add_image(cells.image, name="cells")
    widget = user.opens("Correct and learn")
    user.shoots("correct-start")
    widget.start_button.native.click()
    user.waits(lambda: widget.live is not None and widget.live.stage.is_there)
    folder = widget.live.opened.folder
    strokes = widget.live.stage.strokes
    _paint_cells(hand, strokes, cells.instances, range(1, 6))
    widget.panel.classes[0].native.click()
    _paint_background(hand, strokes, cells.instances, 4)
    painted = strokes.data.copy()
    assert set(np.unique(painted)) == {0, 1, 2}
    _check_journal(folder, painted)
    user.waits(lambda: widget.live.view.field is not None and widget.live.follower.state.version > 1)
    user.waits(lambda: widget.live.follower.state.obeyed >= 7)  # more than the four of background
    user.shoots("correct")

    holder = lock_holder(folder)
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)
    user.waits(lambda: (again := lock_holder(folder)) is not None and again.pid != holder.pid)
    strokes.undo()
    strokes.redo()
    _check_journal(folder, painted)

    # What a killed window leaves is what lies in the folder now: its end says nothing more to the journal.
    entries = len(JournalReader(SessionFolder(folder).journal).read())
    widget.close_session()
    assert len(JournalReader(SessionFolder(folder).journal).read()) == entries
    for layer in list(viewer.layers):
        layer.visible = False
    widget.form.source.value = "session"
    user.waits(lambda: widget.form.sessions.latest.value == folder)
    widget.start_button.native.click()
    user.waits(lambda: widget.live is not None and widget.live.stage.is_there)
    strokes = widget.live.stage.strokes
    np.testing.assert_array_equal(strokes.data, painted)
    known = widget.live.opened.ledger.last
    _paint_cells(hand, strokes, cells.instances, [7])
    assert widget.live.opened.ledger.last > known
    user.waits(lambda: widget.live.follower.state.judged > known)
    user.waits(lambda: widget.live.view.field is not None)
    user.shoots("correct-light", theme="light")
    widget.panel.predict.native.click()
    assert model_choice.chosen is not None
    assert model_choice.chosen.path.parent == folder
    widget.close_session()
    user.waits(lambda: lock_holder(folder) is None)


def _paint_cells(hand: Any, strokes: Labels, instances: np.ndarray, numbers: Any) -> None:
    for number in numbers:
        rows, columns = np.nonzero(instances == number)
        row, column = float(rows.mean()), float(columns.mean())
        hand.drags(strokes, (row, column - 4), (row, column), (row, column + 4))


def _paint_background(hand: Any, strokes: Labels, instances: np.ndarray, count: int) -> None:
    from scipy.ndimage import distance_transform_edt

    away = distance_transform_edt(instances == 0)
    away[:10], away[-10:], away[:, :20], away[:, -20:] = 0, 0, 0, 0
    for _ in range(count):
        row, column = np.unravel_index(away.argmax(), away.shape)
        hand.drags(strokes, (row, column - 5.0), (row, column + 5.0))
        away[max(0, row - 40) : row + 40, max(0, column - 40) : column + 40] = 0


def _check_journal(folder: Path, painted: np.ndarray) -> None:
    """Play the journal as whoever comes after a kill does."""
    plane = np.zeros_like(painted)
    for entry in JournalReader(SessionFolder(folder).journal).read():
        plane[entry.box.slices] = entry.values
    np.testing.assert_array_equal(plane, painted)
