"""Why this loss and this regularisation, for what is chosen now."""

from __future__ import annotations

from collections.abc import Callable

from napari_cytounet.settings import TrainSettings
from napari_cytounet.settings.reasons import reasons_for
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.text import Text, without_options


class TrainingReasons(Folded):
    """A line that unfolds to the reasons.

    Parameters
    ----------
    settings
        Returns what is chosen, or None where a field holds what it cannot.
    """

    def __init__(self, settings: Callable[[], TrainSettings | None]) -> None:
        self._settings = settings
        self.text = Text()
        super().__init__("Why this loss, and what would change with another", [self.text])
        self.line.clicked.connect(self.follow)

    def follow(self) -> None:
        """Give the reasons for what is chosen now, if they are in sight."""
        settings = self._settings()
        if settings is None or not self.is_open:
            return
        reasons = reasons_for(settings.with_preset())
        self.text.say(without_options("\n\n".join(f"{reason.what} {reason.why}" for reason in reasons)))
