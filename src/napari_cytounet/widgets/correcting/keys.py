"""Keys of the session, as long as it is open."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from napari.components import ViewerModel

KEYS = {
    "next place": "N",
    "accept what is in sight": "Y",
    "accept the object under the pointer": "O",
    "take back the last acceptance": "U",
    "former version, as long as it is held": "A",
}
"""None of them is taken on labels layers."""


class SessionKeys:
    """Binds keys of a viewer, and gives them back.

    Parameters
    ----------
    viewer
        Whose keys.
    actions
        From what `KEYS` names to what is done.
    held
        The same for keys that do one thing when pressed, and another when let go.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        actions: dict[str, Callable[[], object]],
        held: dict[str, tuple[Callable[[], object], Callable[[], object]]],
    ) -> None:
        self._viewer = viewer
        self._former: dict[str, Any] = {}
        for name, action in actions.items():
            self._bind(KEYS[name], _pressed(action))
        for name, (press, release) in held.items():
            self._bind(KEYS[name], _held(press, release))

    def leave(self) -> None:
        """Give the keys back to whom they were."""
        for key, former in self._former.items():
            self._viewer.bind_key(key, former, overwrite=True)
        self._former = {}

    def _bind(self, key: str, function: Callable[[Any], Any]) -> None:
        self._former[key] = self._viewer.bind_key(key, function, overwrite=True)


def _pressed(action: Callable[[], object]) -> Callable[[Any], None]:
    def press(_: Any) -> None:
        action()

    return press


def _held(
    press: Callable[[], object], release: Callable[[], object]
) -> Callable[[Any], Generator[None, None, None]]:
    def hold(_: Any) -> Generator[None, None, None]:
        press()
        yield
        release()

    return hold
