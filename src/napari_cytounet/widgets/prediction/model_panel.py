"""Choosing a model: from the latest runs or from a file, and what the chosen one is."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox, Container, PushButton
from napari.utils.notifications import show_error
from qtpy.QtWidgets import QComboBox, QFileDialog

from napari_cytounet.errors import CytounetError, OutputError
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.listing import list_runs
from napari_cytounet.runs.record import read_record
from napari_cytounet.widgets.class_colours import colours_of
from napari_cytounet.widgets.model_choice import ChosenModel, model_choice
from napari_cytounet.widgets.preferences import runs_folder
from napari_cytounet.widgets.runs_look import RunsLook
from napari_cytounet.widgets.text import Text

MOST_RUNS = 15
"""So many of the latest runs are offered."""

NO_MODEL = "No model yet: train one, or open the file of one."


class ModelPanel(Container):  # type: ignore[type-arg]
    """Shows the model that all widgets share, and lets choose another."""

    def __init__(self) -> None:
        self._runs: dict[Path, str] = {}
        self.model = ComboBox(
            choices=self._choices,
            label="model",
            tooltip="The latest trainings, and the model that was opened or trained last.",
        )
        self.model.native.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.open = PushButton(text="Open…", tooltip="Choose the file of a model (.safetensors).")
        self.about = Text(NO_MODEL)
        self.open.max_width = 80
        row: Container[Any] = Container(widgets=[self.model, self.open], layout="horizontal", labels=False)
        row.margins = (0, 0, 0, 0)
        super().__init__(widgets=[row, self.about], labels=False)
        self.margins = (0, 0, 0, 0)
        self._look = RunsLook(self.native, latest_models, self._offer, show_error)
        self._show(model_choice.chosen)
        self._look.soon()
        self.model.changed.connect(self._choose)
        self.open.clicked.connect(self._open_file)
        model_choice.changed.connect(self._show_chosen)
        self.native.destroyed.connect(self._leave)

    def _choices(self, _: object) -> list[tuple[str, Path | None]]:
        models = dict(self._runs)
        chosen = model_choice.chosen
        if chosen is not None and chosen.path not in models:
            models = {chosen.path: _short_name(chosen.path)} | models
        names = _distinct(models)
        return names if chosen is not None else [("choose a model", None), *names]

    def _choose(self, path: Path | None) -> None:
        if path is None:
            return
        try:
            model_choice.choose(path)
        except CytounetError as error:
            show_error(str(error))
            self._show(model_choice.chosen)

    def _open_file(self) -> None:
        path = ask_for_model(self.native, runs_folder())
        if path is not None:
            self._choose(path)

    def _show_chosen(self, chosen: ChosenModel) -> None:
        self._show(chosen)
        self._look.soon()  # it may have been trained just now

    def _offer(self, models: dict[Path, str]) -> None:
        self._runs = models
        self._show(model_choice.chosen)

    def _show(self, chosen: ChosenModel | None) -> None:
        with self.model.changed.blocked():
            self.model.reset_choices()
            self.model.value = chosen and chosen.path
        self.about.say(describe(chosen) if chosen else NO_MODEL)

    def _leave(self, *_: object) -> None:
        model_choice.changed.disconnect(self._show_chosen)


def latest_models(folder: Path) -> dict[Path, str]:
    """Return the models of the latest runs in a folder, the newest first, with what to call them."""
    try:
        runs = list_runs(folder)
    except OutputError:
        return {}  # no run was made yet
    models = {}
    for run in reversed(runs):
        file = RunFolder(run.path).model
        if file.exists():
            dice = "" if run.dice is None else f" (Dice {run.dice:.2f})"
            models[file] = f"{run.path.name}{dice}"
    return dict(list(models.items())[:MOST_RUNS])


def describe(model: ChosenModel) -> str:
    """Return what a model is, as HTML."""
    card = model.card
    dice = "not measured" if card.validation_dice is None else f"{card.validation_dice:.3f}"
    size = "unknown" if card.pixel_size is None else f"{card.pixel_size:.3g} µm"
    resized = "" if card.working_scale == 1 else f", resized by {card.working_scale:.2g}"
    classes = (
        f'<span style="color:{colour}">■</span>&nbsp;{html.escape(name)}'
        for name, colour in zip(card.classes, colours_of(card), strict=True)
    )
    lines = {
        "finds": "<br>".join(classes),
        "in images with": f"{card.channels} channel{'s' if card.channels > 1 else ''}",
        "pixel size": f"{size}{resized}",
        "Dice in validation": dice,
        "trained": _trained(model.path),
    }
    rows = (f"<tr><td>{name}&nbsp;&nbsp;</td><td>{value}</td></tr>" for name, value in lines.items())
    return f"<table>{''.join(rows)}</table>"


def ask_for_model(parent: Any, folder: Path) -> Path | None:
    """Let the user choose a model file in a dialog."""
    name, _ = QFileDialog.getOpenFileName(
        parent, "Open a model", str(folder), "Models (*.safetensors);;All files (*)"
    )
    return Path(name) if name else None


def _trained(file: Path) -> str:
    """Return the date of a model: of its run, or of its file where it has left its run."""
    try:
        created = datetime.fromisoformat(str(read_record(RunFolder(file.parent).record)["created"]))
    except (CytounetError, OSError, KeyError, ValueError, TypeError):
        created = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return f"{created.astimezone():%d %b %Y, %H:%M}"


def _short_name(file: Path) -> str:
    """Return the name of a model: of its run's folder, or of its file if that is called otherwise."""
    return file.parent.name if file.name == RunFolder(file.parent).model.name else file.stem


def _distinct(models: dict[Path, str]) -> list[tuple[str, Path | None]]:
    """Return names and files; two models of one name tell their folders."""
    names = list(models.values())
    return [
        (f"{name} in {file.parent.parent}" if names.count(name) > 1 else name, file)
        for file, name in models.items()
    ]
