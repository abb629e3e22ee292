"""Trainings that were stopped or killed, or still run, to be gone on with."""

from __future__ import annotations

from magicgui.widgets import ComboBox, Container, PushButton
from psygnal import Signal
from qtpy.QtWidgets import QComboBox

from napari_cytounet.runs.unfinished import UnfinishedRun, unfinished_runs
from napari_cytounet.widgets.runs_look import RunsLook
from napari_cytounet.widgets.text import Text


class RunList(Container):  # type: ignore[type-arg]
    """A choice of unfinished runs, and a button; out of sight where there are none."""

    resumed = Signal(object)
    """Emitted with the UnfinishedRun to go on with, or to watch if it is running."""

    def __init__(self) -> None:
        self._found: list[UnfinishedRun] = []
        self.runs = ComboBox(
            choices=self._choices,
            tooltip="Trainings in your folder for runs that have not used up their time.",
        )
        self.runs.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.button = PushButton(text="Resume")
        super().__init__(widgets=[Text("Unfinished trainings:"), self.runs, self.button], labels=False)
        self.margins = (0, 0, 0, 0)
        self.visible = False
        self._look = RunsLook(self.native, unfinished_runs, self._show, self._hide)
        self.runs.changed.connect(self._name_the_button)
        self.button.clicked.connect(self._resume)

    def look_soon(self) -> None:
        """Look anew for what is unfinished, once the widget is there."""
        self._look.soon()

    def _show(self, runs: list[UnfinishedRun]) -> None:
        self._found = runs
        self.runs.reset_choices()
        self.visible = bool(runs)
        self._name_the_button()

    def _choices(self, _: object) -> list[tuple[str, UnfinishedRun]]:
        return [(describe_run(run), run) for run in self._found]

    def _hide(self, _: str) -> None:
        """Show none where the folder cannot be read: a training that begins will say why."""
        self.visible = False

    def _name_the_button(self) -> None:
        run: UnfinishedRun | None = self.runs.value
        if run is not None:
            self.button.text = "Watch" if run.is_running else "Resume"

    def _resume(self) -> None:
        if self.runs.value is not None:
            self.resumed.emit(self.runs.value)


def describe_run(run: UnfinishedRun) -> str:
    """Say in a line what a run is.

    Examples
    --------
    >>> from pathlib import Path
    >>> describe_run(UnfinishedRun(Path("runs/cells"), "2026-11-22", 120, 0.4, False, True))
    'cells: 120 steps, 40% done, stopped'
    """
    how = "running" if run.is_running else "stopped" if run.was_stopped else "interrupted"
    return f"{run.folder.name}: {run.steps} steps, {run.fraction:.0%} done, {how}"
