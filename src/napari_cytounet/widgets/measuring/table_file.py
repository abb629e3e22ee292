"""A table as a CSV file of the user's choice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_cytounet.measurement.table import open_table


def ask_path(parent: QWidget, name: str) -> Path | None:
    """Ask where to save a table; Qt asks again before a file that is there is replaced.

    Parameters
    ----------
    parent
        The widget that the table is of.
    name
        What is proposed.

    Returns
    -------
    Path or None
        None if the user thought better of it.
    """
    dialog = QFileDialog(parent, "Save table", "", "Tables (*.csv)")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("csv")
    dialog.selectFile(name)
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns of one length as `cytounet measure` does; a file that is there is replaced.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with open_table(path, list(columns)) as table:
        table.write(columns)
