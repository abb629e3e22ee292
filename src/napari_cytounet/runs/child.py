"""Training in a process of its own, which is watched through files in the run's folder.

So whoever watches stays fluid, and may end and come back; nothing here loads torch.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from napari_cytounet.errors import OutputError
from napari_cytounet.events import Event, Failed, Finished, Started
from napari_cytounet.runs.commands import Command, send_command
from napari_cytounet.runs.event_log import EventReader
from napari_cytounet.runs.folder import PROCESS_FILES, RunFolder
from napari_cytounet.runs.giving_way import give_way
from napari_cytounet.runs.run_lock import lock_holder
from napari_cytounet.runs.train_job import TrainJob, write_job


class RunningTraining:
    """A training in another process: see `start_training` and `follow`.

    Parameters
    ----------
    folder
        The run's folder.
    reader
        Of its events.
    process
        The process, if this one started it.
    """

    def __init__(
        self, folder: Path, reader: EventReader, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.folder = folder
        self._reader = reader
        self._process = process
        self._said_its_end = False

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        if self._process is not None:
            return self._process.poll() is None
        return lock_holder(self.folder) is not None

    def poll(self) -> list[Event]:
        """Return the events since the last call; the last of all is Finished or Failed.

        A process that was killed says nothing any more: Failed is said for it. A run that another process
        goes on with afterwards begins again with Started.
        """
        ended = not self.is_running  # looked at first: what was written before the end is read below
        events = self._reader.read()
        for event in events:
            if isinstance(event, Started | Finished | Failed):
                self._said_its_end = not isinstance(event, Started)
        if ended and not self._said_its_end:
            self._said_its_end = True
            events.append(Failed(self._sudden_end()))
        return events

    def stop(self) -> None:
        """Ask it to end; the best so far is kept, and the events tell when it has ended.

        Raises
        ------
        OutputError
            If the run's folder is gone, or its disk is full.
        """
        send_command(self.folder, Command.STOP)

    def let_go_on_alone(self) -> None:
        """Let it go on when this process ends; otherwise it stops then, and keeps the best so far.

        Raises
        ------
        OutputError
            As `stop`.
        """
        send_command(self.folder, Command.GO_ON_ALONE)

    def give_way(self, *, gives_way: bool) -> bool:
        """Have it wait where a window wants the processor, or no longer: see `giving_way.give_way`.

        A process that somebody else started is let alone.
        """
        if self._process is None or not self.is_running:
            return True
        return give_way(self._process.pid, gives_way=gives_way)

    def kill(self) -> None:
        """End it now; the best model and the latest checkpoint stay.

        Raises
        ------
        OutputError
            If it runs on another computer.
        """
        if self._process is not None:
            self._process.kill()
            return
        holder = lock_holder(self.folder)
        if holder is None:
            return
        if not holder.is_here:
            raise OutputError(f"{self.folder} is being trained on {holder.host}: stop it, or end it there.")
        os.kill(holder.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def _sudden_end(self) -> str:
        code = None if self._process is None else self._process.returncode
        if code is not None and code < 0:
            how = f"was killed (signal {-code}), as happens when the computer's memory is full"
        else:
            how = "ended suddenly" + ("" if code is None else f" (exit code {code})")
        said = _last_lines(RunFolder(self.folder).output)
        return f"The training in {self.folder} {how}. What it has kept is there: resume it to go on." + (
            f"\nIts last words:\n{said}" if said else ""
        )


def start_training(folder: Path, job: TrainJob, *, threads: int | None = None) -> RunningTraining:
    """Start a training in another process, which ends when this one does.

    Parameters
    ----------
    folder
        The run's folder, made if it is not there; it may hold the run's own `data`, and what is left of a
        start that failed. To resume, that of the run.
    job
        What is to be trained.
    threads
        Processor cores that it may use; those of its settings if not given.

    Raises
    ------
    OutputError
        If the folder is taken or cannot be written to.
    """
    run = RunFolder(folder)
    _refuse_second(folder)
    if not job.resume:
        run.make(holding=PROCESS_FILES)
    write_job(folder, job)
    return start_process(run, "work", threads=threads)


def start_process(run: RunFolder, command: str, *options: str, threads: int | None = None) -> RunningTraining:
    """Start one of our commands on a folder in another process, which ends when this one does.

    Parameters
    ----------
    run
        The folder, in which nobody else is at work.
    command
        `work`, or `trainer` for a correction session.
    options
        Of the command.
    threads
        Processor cores that it may use; all, or those of its settings, if not given.

    Raises
    ------
    OutputError
        If another process works in the folder, or this one cannot be started.
    """
    folder = run.path
    _refuse_second(folder)
    reader = EventReader(folder, from_end=True)
    try:
        run.commands.unlink(missing_ok=True)  # what an earlier process was told
        with run.output.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 our own program, without a shell
                [*_command(folder, command, threads), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(threads),
                **_apart(),
            )
    except OSError as error:
        raise OutputError(f"The training in {folder} cannot be started ({error}).") from error
    return RunningTraining(folder, reader, process)


def _refuse_second(folder: Path) -> None:
    if lock_holder(folder) is not None:
        raise OutputError(f"{folder} is being trained already. Stop that training, or wait for its end.")


def follow(folder: Path) -> RunningTraining:
    """Watch a training that another process started; its events are told from the beginning."""
    return RunningTraining(folder, EventReader(folder))


def _command(folder: Path, command: str, threads: int | None) -> list[str]:
    words = [sys.executable, "-m", "napari_cytounet", command, str(folder), "--parent", str(os.getpid())]
    return words if threads is None else [*words, "--threads", str(threads)]


def _environment(threads: int | None) -> dict[str, str]:
    added = {"PYTHONIOENCODING": "utf-8"}
    if threads is not None:
        added["OMP_NUM_THREADS"] = str(threads)  # while images are read, too
    return os.environ | added


def _apart() -> dict[str, Any]:
    """Return what keeps Ctrl-C in our terminal from the process, and a window of its own from the screen."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _last_lines(path: Path, count: int = 3) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(line for line in lines[-count:] if line.strip())
