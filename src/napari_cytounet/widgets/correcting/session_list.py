"""Sessions that can be opened again."""

from __future__ import annotations

from pathlib import Path

from magicgui.widgets import ComboBox, Container
from qtpy.QtWidgets import QComboBox

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.runs.listing import files_of_runs
from napari_cytounet.widgets.path_field import PathField
from napari_cytounet.widgets.runs_look import RunsLook

MOST = 20


class SessionList(Container):  # type: ignore[type-arg]
    """A choice of the latest sessions in the folder for runs, and a field for any other."""

    def __init__(self) -> None:
        self._found: list[Path] = []
        self.latest = ComboBox(
            choices=self._choices, label="session", tooltip="The latest sessions in your folder for runs."
        )
        self.latest.native.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.other = PathField("or folder", "The folder of another session.")
        super().__init__()
        self.extend([self.latest, self.other])
        self.margins = (0, 0, 0, 0)
        self._look = RunsLook(self.native, find_sessions, self._show, lambda _: self._show([]))

    @property
    def folder(self) -> Path | None:
        """The session that is chosen."""
        return self.other.path or self.latest.value

    def look(self) -> None:
        """Look for sessions, in a thread."""
        self._look.now()

    def _show(self, found: list[Path]) -> None:
        self._found = found
        self.latest.reset_choices()

    def _choices(self, _: object) -> list[tuple[str, Path]]:
        return [(path.name, path) for path in self._found]


def find_sessions(folder: Path) -> list[Path]:
    """Return the latest sessions in a folder, the newest first."""
    found = [file.parent for file in files_of_runs(folder, SessionFolder(folder).session.name)]
    times = {path: SessionFolder(path).session.stat().st_mtime for path in found}
    return sorted(found, key=lambda path: times[path], reverse=True)[:MOST]
