"""Where things lie in the folder of a session, which is the folder of a run with a journal in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.runs.folder import RunFolder


@dataclass(frozen=True)
class SessionFolder(RunFolder):
    """The folder of a session: see `RunFolder` for the rest."""

    @property
    def session(self) -> Path:
        """What the session is about: its images and what is taught."""
        return self.path / "session.json"

    @property
    def journal(self) -> Path:
        """Everything that was painted."""
        return self.path / "journal.jsonl"

    @property
    def edits(self) -> Path:
        """Results that were opened for correction, and what was changed in them."""
        return self.path / "edits"

    @property
    def versions(self) -> Path:
        """The versions of the model that are kept."""
        return self.path / "versions"

    @property
    def window_lock(self) -> Path:
        """Held by the window that paints, as long as it lives."""
        return self.path / "window.lock"

    @property
    def view(self) -> Path:
        """Where the user looked last, and which places were visited."""
        return self.path / "view.json"
