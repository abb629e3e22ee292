"""Where things lie in the folder of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.errors import OutputError, SettingsError


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run.

    Attributes
    ----------
    path
        The folder.
    """

    path: Path

    @property
    def model(self) -> Path:
        """The best model so far."""
        return self.path / "model.safetensors"

    @property
    def checkpoint(self) -> Path:
        """The latest state, from which a killed run goes on."""
        return self.path / "checkpoint.safetensors"

    @property
    def record(self) -> Path:
        """All that made the model."""
        return self.path / "record.json"

    @property
    def history(self) -> Path:
        """One row a step."""
        return self.path / "history.csv"

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Make the folder for a new run; leave nothing of one that fails before there is anything to keep.

        So the next try may use the same folder.

        Raises
        ------
        OutputError
            If a run or anything else lies there already, or the folder cannot be made.
        """
        was_there = self.path.exists()
        self._make()
        try:
            yield
        except BaseException:
            if not (self.model.exists() or self.checkpoint.exists()):
                with suppress(OSError):  # the error that is on its way says more
                    self.record.unlink(missing_ok=True)
                    self.history.unlink(missing_ok=True)
                    if not was_there:
                        self.path.rmdir()
            raise

    def check_resumable(self) -> None:
        """Check that there is a run to go on with."""
        if not self.record.exists():
            raise SettingsError(f"{self.path} holds no run to resume. Leave --resume out to begin one.")

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = any(self.path.iterdir())
        except OSError as error:
            raise OutputError(
                f"The run's folder {self.path} cannot be made ({error.strerror}). Choose another --out."
            ) from error
        if self.record.exists():
            raise OutputError(
                f"{self.path} already holds a run. Go on with it by --resume, or choose another --out."
            )
        if taken:
            raise OutputError(
                f"{self.path} is not empty. Choose a new folder for --out: nothing is overwritten."
            )
