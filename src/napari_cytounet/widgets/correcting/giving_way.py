"""While somebody paints, the trainer gives way, so that the brush follows the hand."""

from __future__ import annotations

from typing import Any

from napari.layers import Labels
from qtpy.QtCore import QTimer

from napari_cytounet.widgets.correcting.follower import TrainerFollower

PAUSE_MS = 1000
"""Time without a dab after which the trainer gets its share of the processor again."""

AGAIN_MS = 200
"""The same where the system would not hear of it yet."""


class GivingWay:
    """Has a trainer give way from the first dab in a layer until shortly after the last.

    Not for good: beside other programs that want all of the processor such a trainer would hardly get on.

    Parameters
    ----------
    follower
        Of the trainer.
    """

    def __init__(self, follower: TrainerFollower) -> None:
        self._follower = follower
        self._layers: list[Labels] = []
        self._gives_way = False
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._end)

    def watch(self, layer: Labels) -> None:
        """Give way to what is painted in a layer, too."""
        if layer not in self._layers:
            self._layers.append(layer)
            layer.events.labels_update.connect(self._on_dab)

    def leave(self) -> None:
        """Watch no more, and give the trainer its share."""
        for layer in self._layers:
            layer.events.labels_update.disconnect(self._on_dab)
        self._layers = []
        if self._gives_way:
            self._end()
        self._timer.stop()

    def _on_dab(self, _: Any = None) -> None:
        if not self._gives_way:
            self._gives_way = self._follower.give_way(gives_way=True)
        self._timer.start(PAUSE_MS)

    def _end(self) -> None:
        self._gives_way = not self._follower.give_way(gives_way=False)
        if self._gives_way:
            self._timer.start(AGAIN_MS)
