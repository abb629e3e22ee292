"""A field for the path of a folder or of a model file."""

from __future__ import annotations

from pathlib import Path

from magicgui.types import FileDialogMode
from magicgui.widgets import FileEdit


class PathField(FileEdit):
    """A path that may be left out.

    Parameters
    ----------
    label, tooltip
        What stands before it, and what it is for.
    filter
        Of file names, such as `*.safetensors`; None for a folder.
    empty
        What the empty field says.
    """

    def __init__(self, label: str, tooltip: str, *, filter: str | None = None, empty: str = "") -> None:  # noqa: A002 as in FileEdit
        mode = FileDialogMode.EXISTING_DIRECTORY if filter is None else FileDialogMode.EXISTING_FILE
        super().__init__(mode=mode, filter=filter, label=label, tooltip=tooltip, nullable=True)
        self.choose_btn.text = "Choose …"
        self.line_edit.native.setPlaceholderText(empty)

    @property
    def path(self) -> Path | None:
        """The path, None if the field is empty."""
        text = self.line_edit.value.strip()
        return Path(text).expanduser() if text else None
