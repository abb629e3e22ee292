"""Runs: all trainings of a folder, to be sorted, compared, written a note on, and archived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari.viewer
from magicgui.widgets import CheckBox, Container, LineEdit, PushButton, Widget
from napari.utils.notifications import show_error
from qtpy.QtCore import QTimer, QUrl
from qtpy.QtGui import QDesktopServices

from napari_cytounet.errors import CytounetError
from napari_cytounet.runs.keeping import archive_run, is_archived, restore_run, write_note
from napari_cytounet.runs.listing import RunSummary, list_runs
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.preferences import runs_folder
from napari_cytounet.widgets.runs_browser.run_table import RunTable
from napari_cytounet.widgets.text import Text, without_options

LEAST_WIDTH = 300
PAUSE_MS = 300
"""Runs are looked for a moment after the widget opens: napari takes time to find its preferences."""

ARCHIVE, RESTORE = "Archive", "Bring back"
NOTHING = "No training is kept in {} yet: train one under Layers > Segment."
HINT = "Select a run, or two of them to compare."


class RunsWidget(Container):  # type: ignore[type-arg]
    """The runs in the folder of the preferences.

    Parameters
    ----------
    viewer
        Of the window that it stands in.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self.place = Text()
        self.table = RunTable()
        self.archived = CheckBox(text="Show archived runs")
        self.note = LineEdit(label="note", tooltip="What you want to remember, such as: failed because ….")
        self.report = PushButton(
            text="Open report", tooltip="What it learnt and how good it is, in your browser."
        )
        self.choose = PushButton(text="Use its model", tooltip="Choose its model for prediction.")
        self.compare = PushButton(
            text="Compare", tooltip="What differs between two runs in settings, data and results."
        )
        self.archive = PushButton(
            text=ARCHIVE, tooltip="Out of the list, into the folder archived-runs. Nothing is deleted."
        )
        self.said = Text(HINT)
        table = Container[Widget](labels=False)
        table.native.layout().addWidget(self.table)
        table.margins = (0, 0, 0, 0)
        buttons = Container(
            widgets=[self.report, self.compare, self.choose, self.archive], layout="horizontal", labels=False
        )
        buttons.margins = (0, 0, 0, 0)
        note = Container(widgets=[self.note])
        note.margins = (0, 0, 0, 0)
        super().__init__(widgets=[self.place, table, buttons, note, self.archived, self.said], labels=False)
        self.native.layout().setStretchFactor(table.native, 1)
        self.native.setMinimumWidth(LEAST_WIDTH)
        self._looking: Latest[list[RunSummary]] = Latest(self._show, self._say)
        self._comparing: Latest[str] = Latest(self.said.say, self._say)
        self._reporting: Latest[Path] = Latest(_open_in_browser, self._say)
        self._pause = QTimer(self.native)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.look)
        self._connect()
        self._show_state()
        self._pause.start()

    def _connect(self) -> None:
        self.table.selected.connect(self._show_state)
        self.archived.changed.connect(self.look)
        self.note.native.editingFinished.connect(self._keep_note)
        self.report.clicked.connect(self._open_report)
        self.choose.clicked.connect(self._choose_model)
        self.compare.clicked.connect(self._compare)
        self.archive.clicked.connect(self._archive)
        for work in (self._looking, self._comparing, self._reporting):
            self.native.destroyed.connect(work.forget)

    def look(self) -> None:
        """Look anew for runs."""
        folder, archived = runs_folder(), self.archived.value
        self._looking.ask(lambda _: list_runs(folder, archived=archived) if folder.is_dir() else [])

    def _show(self, runs: list[RunSummary]) -> None:
        folder = runs_folder()
        self.place.say(f"{len(runs)} runs in {folder}" if runs else NOTHING.format(folder))
        self.table.show_runs(runs)

    def _show_state(self) -> None:
        """Show what can be done with the selected runs."""
        selected = self.table.selection()
        one = selected[0] if len(selected) == 1 else None
        self.report.enabled = self.choose.enabled = self.note.enabled = one is not None
        self.archive.enabled = one is not None
        self.compare.enabled = len(selected) == 2
        self.archive.text = RESTORE if one is not None and is_archived(one.path) else ARCHIVE
        self.note.value = "" if one is None else one.note.replace("\n", "; ")

    def _keep_note(self) -> None:
        selected = self.table.selection()
        if len(selected) != 1 or self.note.value == selected[0].note.replace("\n", "; "):
            return
        run, text = selected[0], self.note.value
        self._do(lambda: write_note(run.path, text))

    def _archive(self) -> None:
        (run,) = self.table.selection()
        move = restore_run if is_archived(run.path) else archive_run
        self._do(lambda: move(run.path))

    def _do(self, action: Callable[[], object]) -> None:
        """Do something to a run, and look what became of it."""
        try:
            action()
        except CytounetError as error:
            show_error(without_options(str(error)))
        self.look()

    def _choose_model(self) -> None:
        (run,) = self.table.selection()
        try:
            chosen = model_choice.choose(run.path)
        except CytounetError as error:
            show_error(without_options(str(error)))
            return
        self.said.say(f"{chosen.path.parent.name} is chosen for prediction.")

    def _compare(self) -> None:
        first, second = (run.path for run in self.table.selection())
        self.said.say("Comparing …")
        self._comparing.ask(lambda _: _compared(first, second))

    def _open_report(self) -> None:
        (run,) = self.table.selection()
        self._reporting.ask(lambda _: _report(run.path))

    def _say(self, trouble: str) -> None:
        self.said.say(without_options(trouble))


def _compared(first: Path, second: Path) -> str:
    from napari_cytounet.runs.comparison import compare_runs  # here: whoever only looks need not wait for it

    return compare_runs(first, second).describe()


def _report(run: Path) -> Path:
    """Return the report of a run, written anew so that it is of what is there now."""
    from napari_cytounet.runs.folder import RunFolder
    from napari_cytounet.runs.report.page import write_report

    return write_report(RunFolder(run))


def _open_in_browser(report: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(report)))
