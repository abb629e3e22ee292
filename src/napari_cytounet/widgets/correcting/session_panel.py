"""What the widget shows while a session is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox, Container, PushButton

from napari_cytounet.correction.versions import kept_versions
from napari_cytounet.widgets.correcting.class_buttons import ClassButtons
from napari_cytounet.widgets.correcting.keys import KEYS
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.text import Text

LATEST = 0
"""Stands for the latest version: the others count from 1."""


class SessionPanel(Container):  # type: ignore[type-arg]
    """Texts and buttons; what they do is settled by whoever uses this."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._names: list[str] = []
        self._kept: tuple[int, ...] = ()
        self.status = Text()
        self.warning = Text()
        self.trouble = Text()
        self.retry = PushButton(text="Try again", visible=False)
        self.classes = ClassButtons()
        self.next = _button("next place", "Next place", "Moves to where a correction is worth most.")
        self.pause = PushButton(
            text="Pause", tooltip="Computes nothing until it is told to go on; strokes are kept all the same."
        )
        self.accept = _button(
            "accept what is in sight",
            "Accept what is in sight",
            "Takes the prediction that you see for right, wherever you did not paint. "
            f"{KEYS['accept the object under the pointer']} accepts only the object under the pointer.",
        )
        self.take_back = _button(
            "take back the last acceptance", "Take back", "Takes the last acceptance back."
        )
        self.images: ComboBox = ComboBox(choices=self._image_choices, label="image")
        self.versions = ComboBox(
            choices=self._version_choices,
            label="show version",
            tooltip=f"Shows an earlier version. Hold {KEYS['former version, as long as it is held']} to see "
            "the one before the latest.",
        )
        self.bring_back = PushButton(
            text="Bring it back", tooltip="Shows that version from now on, and learns on from it."
        )
        self.edit = PushButton(
            text="Correct the selected labels",
            tooltip="Makes a copy of a result to be edited: erase what is wrong, paint what is missing.",
        )
        self.learn = PushButton(
            text="Learn from my edits",
            tooltip="Teaches what differs from what the result was, and nothing else of it.",
        )
        self.objects = PushButton(
            text="Split, merge, clean …",
            tooltip="Opens the widget that edits objects. What it does to the copy can be learnt as well.",
        )
        self.predict = PushButton(
            text="Predict with this model",
            tooltip="Opens the widget that predicts images, stacks or folders.",
        )
        self.export = PushButton(
            text="Export pairs …",
            tooltip="Writes what you painted as images and masks for a training: 255 is what nobody painted.",
        )
        self.close_session = PushButton(
            text="Close the session", tooltip="The trainer ends. All is kept: open it again at any time."
        )
        row: Container[Any] = Container(widgets=[self.next, self.pause], layout="horizontal", labels=False)
        accepting: Container[Any] = Container(
            widgets=[self.accept, self.take_back], layout="horizontal", labels=False
        )
        editing: Container[Any] = Container(
            widgets=[self.edit, self.learn], layout="horizontal", labels=False
        )
        comparing: Container[Any] = Container()
        comparing.extend([self.images, self.versions])
        done: Container[Any] = Container(
            widgets=[self.predict, self.export], layout="horizontal", labels=False
        )
        for part in (row, accepting, editing, comparing, done):
            part.margins = (0, 0, 0, 0)
        self.more = Folded("Correct a result instead of painting", [editing, self.objects])
        super().__init__(
            widgets=[
                self.status,
                self.warning,
                self.trouble,
                self.retry,
                self.classes,
                row,
                accepting,
                comparing,
                self.bring_back,
                self.more,
                done,
                self.close_session,
            ],
            labels=False,
        )
        self.margins = (0, 0, 0, 0)
        self.versions.changed.connect(self._show_bring_back)

    @property
    def has_versions(self) -> bool:
        """Whether there is anything to predict with."""
        return bool(self._kept)

    def show_session(self, folder: Path, images: list[str], classes: list[tuple[str, str]]) -> None:
        """Show another session."""
        self._folder, self._names, self._kept = folder, images, ()
        self.classes.show_classes(classes)
        for choice in (self.images, self.versions):
            with choice.changed.blocked():
                choice.reset_choices()
        self.images.visible = len(images) > 1
        self.warning.say("")
        self.say_trouble("")
        self._show_bring_back()

    def refresh_versions(self) -> None:
        """Offer the versions that are kept now; a choice that is gone becomes the latest."""
        kept = () if self._folder is None else tuple(kept_versions(self._folder))
        if kept == self._kept:
            return
        self._kept = kept
        chosen = self.versions.value
        with self.versions.changed.blocked():
            self.versions.reset_choices()
            self.versions.value = chosen if chosen in kept else LATEST
        if self.versions.value != chosen:
            self.versions.changed.emit(LATEST)
        self._show_bring_back()

    def say_trouble(self, text: str) -> None:
        """Say what keeps the user from painting, and offer to try again; or say nothing."""
        self.trouble.say(text)
        self.retry.visible = bool(text)

    def _image_choices(self, _: object) -> list[tuple[str, int]]:
        many = len(self._names)
        return [(f"{number + 1} of {many}: {name}", number) for number, name in enumerate(self._names)]

    def _version_choices(self, _: object) -> list[tuple[str, int]]:
        return [("the latest", LATEST), *((str(number), number) for number in reversed(self._kept))]

    def _show_bring_back(self, *_: Any) -> None:
        self.bring_back.visible = self.versions.value != LATEST
        self.versions.visible = self.has_versions


def _button(action: str, text: str, tooltip: str) -> PushButton:
    return PushButton(text=f"{text} ({KEYS[action]})", tooltip=tooltip)
