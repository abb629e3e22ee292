"""The result that is edited in a session: one at a time, and there again when the session is."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Labels
from psygnal import Signal

from napari_cytounet.correction.edited_copy import EditedCopy
from napari_cytounet.widgets.correcting.edited_result import EditedResult, open_result
from napari_cytounet.widgets.correcting.opening import Opened
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes


class ResultEditing:
    """Opens results for correction.

    Parameters
    ----------
    viewer
        Where.
    opened
        The session.
    """

    failed = Signal(str)
    """Emitted with why an edit cannot be written down; nothing can be edited until `retry` succeeds."""

    def __init__(self, viewer: ViewerModel, opened: Opened) -> None:
        self._viewer, self._opened = viewer, opened
        self._edited: EditedResult | None = None

    @property
    def layer(self) -> Labels | None:
        """What is being edited, if it is still there."""
        if self._edited is None or self._edited.layer not in self._viewer.layers:
            return None
        return self._edited.layer

    def open(self, result: Labels, strokes: Labels, planes: PaintedPlanes) -> None:
        """Open a labels layer for correction, in place of what was edited until now.

        Raises
        ------
        CytounetError
            If it does not lie on the pixels of the image, or the copy cannot be written.
        """
        copy = open_result(self._opened.folder, result, strokes, planes)
        result.visible = False
        layer = self._show(copy, strokes, planes)
        layer.colormap, layer.features = result.colormap, result.features
        layer.metadata = dict(result.metadata)

    def open_again(self, strokes: Labels, planes: PaintedPlanes) -> bool:
        """Show the result that was edited earlier, if not all of that was learnt and it is of this image.

        Returns
        -------
        bool
            Whether it is shown now, and was not before.
        """
        if self._edited is not None or self._opened.read_only:
            return False
        copy = EditedCopy.not_learnt(self._opened.folder)
        if copy is None or copy.about()["image"] != planes.image:
            return False
        self._show(copy, strokes, planes)
        return True

    def learn(self) -> int:
        """Teach what differs from what the result was; return in how many places.

        Raises
        ------
        CytounetError
            See `EditedResult.learn`.
        """
        return 0 if self._edited is None else self._edited.learn(self._opened.ledger)

    def retry(self) -> bool:
        """Write what could not be written; return whether that went well."""
        return self._edited is None or self._edited.recorder.retry()

    def leave(self) -> None:
        """Watch no more; the layer stays to be looked at."""
        if self._edited is not None:
            self._edited.leave()
            self._edited = None

    def _show(self, copy: EditedCopy, strokes: Labels, planes: PaintedPlanes) -> Labels:
        self.leave()
        classes = len(self._opened.session.card.classes)
        self._edited = EditedResult(self._viewer, copy, strokes, planes, classes)
        self._edited.recorder.failed.connect(self._on_failed)
        return self._edited.layer

    def _on_failed(self, text: str) -> None:
        self.failed.emit(text)
