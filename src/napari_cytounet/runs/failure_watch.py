"""Warning once of each known shape of failure, while a training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from napari_cytounet.events import BatchDone, Event, Validated, Warned
from napari_cytounet.runs.diagnosis import Diagnosis, diagnose
from napari_cytounet.runs.history import HistoryRow


class FailureWatch:
    """Looks at the history of a training after every validation.

    Parameters
    ----------
    rows
        What an earlier part of the run did.
    """

    def __init__(self, rows: Sequence[HistoryRow]) -> None:
        self._rows = list(rows)
        self._said: set[str] = set()

    def look(self, event: Event, everything: float | None) -> list[Warned]:
        """Take in an event, and return what is to be warned of that was not said before.

        Parameters
        ----------
        event
            Of the training.
        everything
            Dice of calling everything foreground, where it is known.
        """
        match event:
            case BatchDone():
                row = HistoryRow(event.step, event.seconds, event.learning_rate, event.loss)
                self._rows.append(row)
            case Validated() if self._rows:
                self._rows[-1] = replace(self._rows[-1], validation_dice=event.dice)
                return self._not_said_yet(diagnose(self._rows, everything))
        return []

    def conclude(self, everything: float | None) -> list[Warned]:
        """Return what is to be warned of now that the training is over, and was not said before."""
        return self._not_said_yet(diagnose(self._rows, everything, has_ended=True))

    def _not_said_yet(self, found: Sequence[Diagnosis]) -> list[Warned]:
        new = [diagnosis for diagnosis in found if diagnosis.code not in self._said]
        self._said |= {diagnosis.code for diagnosis in new}
        return [Warned(diagnosis.code, diagnosis.text) for diagnosis in new]
