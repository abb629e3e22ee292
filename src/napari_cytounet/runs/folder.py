"""Where things lie in the folder of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.errors import OutputError, SettingsError

PROCESS_FILES = frozenset(
    ("job.json", "data", "events.jsonl", "commands.jsonl", "lock", "output.txt", "error.txt", "preview.npy")
)
"""What lies in the folder of a run that another process works on, before there is anything of the run."""


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

    @property
    def report(self) -> Path:
        """All of it for people, as one HTML file."""
        return self.path / "report.html"

    @property
    def examples(self) -> Path:
        """Pictures of images that were kept back, for the report."""
        return self.path / "examples"

    @property
    def note(self) -> Path:
        """What the user wrote about it."""
        return self.path / "note.txt"

    @property
    def job(self) -> Path:
        """What another process is asked to train."""
        return self.path / "job.json"

    @property
    def data(self) -> Path:
        """Images and masks that were written for this run alone."""
        return self.path / "data"

    @property
    def events(self) -> Path:
        """What the process that trains says."""
        return self.path / "events.jsonl"

    @property
    def commands(self) -> Path:
        """What it is told."""
        return self.path / "commands.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the process that trains, as long as it lives."""
        return self.path / "lock"

    @property
    def output(self) -> Path:
        """What it prints."""
        return self.path / "output.txt"

    @property
    def error(self) -> Path:
        """Where in the program an unexpected error happened."""
        return self.path / "error.txt"

    @property
    def preview(self) -> Path:
        """The latest prediction on a part of one plane."""
        return self.path / "preview.npy"

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Make the folder for a new run; leave nothing of one that fails before there is anything to keep.

        So the next try may use the same folder. What belongs to the process that trains may lie there.

        Raises
        ------
        OutputError
            If a run or anything else lies there already, or the folder cannot be made.
        """
        was_there = self.path.exists()
        self.make(holding=PROCESS_FILES if self.job.exists() else ())
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

    def check_there(self) -> None:
        """Check that nobody deleted the folder: writing to it would make it anew.

        Raises
        ------
        OutputError
            If it is gone.
        """
        if not self.path.is_dir():
            raise OutputError(f"The run's folder {self.path} was deleted: the training ends.")

    def make(self, *, holding: Collection[str] = ()) -> None:
        """Make the folder if it is not there.

        Parameters
        ----------
        holding
            Names of what may lie in it.

        Raises
        ------
        OutputError
            If a run or anything else lies there already, or the folder cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = any(path.name not in holding for path in self.path.iterdir())
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
