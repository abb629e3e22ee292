"""Is anything lost? Painters and trainers of a session are killed at random moments, and the journal is read.

A painter appends strokes to the journal and tells each that was written; a trainer learns them. Either, or
both at once, are killed (SIGKILL). After each kill every stroke that was told must be in the journal, in
order, every version must be whole, and the trainer that begins again must take all of them in. The processes
are forks of this one, which spares each the seconds that loading torch takes.

    python benchmarks/bench_correction_kills.py [--kills 200] [--seed 0] [--check]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TypeVar

import numpy as np
import tifffile
import torch
from reporting import report

from napari_cytounet.correction import rounds
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import JournalReader, Layer, append_entry
from napari_cytounet.correction.session import create_session
from napari_cytounet.correction.trainer import tutoring
from napari_cytounet.correction.versions import kept_versions, known_to, version_file
from napari_cytounet.events import StrokesTaken, VersionProposed
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.runs.event_log import EventReader
from napari_cytounet.settings import CorrectionSettings, DeviceSettings, NetworkSettings
from napari_cytounet.unet.model import load_model

SIDE = 192
STROKES_A_LIFE = 25
LONGEST_PAUSE = 0.02
"""Seconds between two strokes, at most."""

LONGEST_LIFE = 0.5
"""Seconds until the next kill, at most; of every second trainer counted from when it knows all strokes."""

ROUND_SECONDS = 0.1
"""Much shorter than usual, so that many a kill finds a version being written."""

PATIENCE = 60.0

Kind = TypeVar("Kind", StrokesTaken, VersionProposed)


class Painter:
    """A process that paints, and what it told to have written."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._told, tell = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _paint(SessionFolder(folder).journal, seed, tell)
        os.close(tell)

    def kill(self) -> list[Box]:
        """Kill it and return the strokes that it told."""
        _kill(self.pid)
        with os.fdopen(self._told, "rb") as file:
            lines = file.read().split(b"\n")[:-1]
        return [Box(*map(int, line.split())) for line in lines]


def _paint(journal: Path, seed: int, tell: int) -> None:
    chance = random.Random(seed)
    for _ in range(STROKES_A_LIFE):
        top, left = chance.randrange(SIDE - 40), chance.randrange(SIDE - 40)
        box = Box(top, left, top + chance.randint(1, 40), left + chance.randint(1, 40))
        values = np.full(box.shape, chance.randint(1, 2), np.uint8)
        append_entry(journal, PlaneKey(0), Layer.STROKES, box, values)
        os.write(tell, f"{box.top} {box.left} {box.bottom} {box.right}\n".encode())
        time.sleep(chance.random() * LONGEST_PAUSE)
    signal.pause()  # until it is killed


class Trainer:
    """A process that learns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events = EventReader(folder, from_end=True)
        self._lines = _lines(folder)
        self.pid = os.fork()
        if self.pid == 0:
            device = DeviceSettings(device="cpu", threads=1)
            for _ in tutoring(folder, device=device, parent=os.getppid()):
                pass
            os._exit(0)

    def wait_until_it_learns(self) -> None:
        """Wait until it has taken in what was painted before it began, which must be all."""
        while not self._lines:
            self._lines = _lines(self._folder)
        taken = self._until(StrokesTaken)
        if taken.last < self._lines:
            raise RuntimeError(f"of {self._lines} strokes a new trainer took in only {taken.last}")

    def kill(self) -> int:
        """Kill it, and return how many versions it had proposed."""
        _kill(self.pid)
        return sum(isinstance(event, VersionProposed) for event in self._events.read())

    def wait_until_all_is_known(self) -> VersionProposed:
        """Wait for a version that knows every stroke."""
        while True:
            proposed = self._until(VersionProposed)
            if proposed.knows == _lines(self._folder):
                return proposed

    def _until(self, kind: type[Kind]) -> Kind:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for event in self._events.read():
                if isinstance(event, kind):
                    return event
            time.sleep(0.02)
        raise RuntimeError(f"a trainer said no {kind.__name__} in {PATIENCE:.0f} s")


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _lines(folder: Path) -> int:
    journal = SessionFolder(folder).journal
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _check(folder: Path, told: list[Box]) -> None:
    """Raise an error unless what was told is in the journal, in order, and all versions are whole."""
    written = iter(entry.box for entry in JournalReader(SessionFolder(folder).journal).read())
    for number, box in enumerate(told):
        if all(other != box for other in written):
            raise RuntimeError(f"stroke {number} of {len(told)} is lost: {box}")
    for version in kept_versions(folder):
        known_to(version_file(folder, version))
    if SessionFolder(folder).model.exists():
        load_model(folder)


def run(folder: Path, kills: int, seed: int) -> dict[str, object]:
    """Kill so often, and return what was seen."""
    chance = random.Random(seed)
    image = folder / "cells.tif"
    tifffile.imwrite(image, make_cells("fluorescence", shape=(SIDE, SIDE), count=9, seed=seed).image)
    settings = CorrectionSettings(network=NetworkSettings(base_width=4, depth=1), patch_size=32)
    session = folder / "session"
    create_session(session, [image], settings=settings)
    told: list[Box] = []
    victims: Counter[str] = Counter()
    proposed = 0
    painter, trainer = Painter(session, chance.getrandbits(30)), Trainer(session)
    for _ in range(kills):
        victim = chance.choice(("painter", "trainer", "both"))
        if victim != "painter" and chance.random() < 0.5:
            trainer.wait_until_it_learns()
        time.sleep(chance.random() * LONGEST_LIFE)
        victims[victim] += 1
        if victim != "trainer":
            told += painter.kill()
        if victim != "painter":
            proposed += trainer.kill()
        if victim != "trainer":
            _check(session, told)
            painter = Painter(session, chance.getrandbits(30))
        if victim != "painter":
            trainer = Trainer(session)
    told += painter.kill()
    trainer.kill()
    _check(session, told)
    trainer = Trainer(session)
    last = trainer.wait_until_all_is_known()
    trainer.kill()
    return {
        "kills": kills,
        "of painters": victims["painter"],
        "of trainers": victims["trainer"],
        "of both": victims["both"],
        "strokes told": len(told),
        "lines in the journal": _lines(session),
        "lost": 0,
        "versions proposed": proposed,
        "last version": last.version,
        "knows": last.knows,
    }


def main() -> None:
    """Kill, and report what was seen; an error ends it where something is lost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--check", action="store_true", help="print what was seen, and keep no results")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    rounds.ROUND_SECONDS = ROUND_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        seen = run(Path(folder), chosen.kills, chosen.seed)
    if chosen.check:
        print(seen)
    else:
        report("correction_kills", [seen], note="SIGKILL at random moments; nothing told may be lost")


if __name__ == "__main__":
    main()
