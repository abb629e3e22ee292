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

import numpy as np
import tifffile
import torch
from reporting import report

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
STROKES_A_SECOND = 60
LONGEST_LIFE = 0.6
"""Seconds from a start to the next kill, at most."""

PATIENCE = 60.0


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
    while True:
        top, left = chance.randrange(SIDE - 40), chance.randrange(SIDE - 40)
        box = Box(top, left, top + chance.randint(1, 40), left + chance.randint(1, 40))
        values = np.full(box.shape, chance.randint(1, 2), np.uint8)
        append_entry(journal, PlaneKey(0), Layer.STROKES, box, values)
        os.write(tell, f"{box.top} {box.left} {box.bottom} {box.right}\n".encode())
        time.sleep(chance.random() * 2 / STROKES_A_SECOND)


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

    def kill(self) -> bool:
        """Kill it; tell whether it lived long enough to take strokes in, which must have been all."""
        _kill(self.pid)
        taken = [event for event in self._events.read() if isinstance(event, StrokesTaken)]
        if taken and taken[0].last < self._lines:
            raise RuntimeError(f"of {self._lines} strokes a new trainer took in only {taken[0].last}")
        return bool(taken)

    def wait_until_all_is_known(self) -> VersionProposed:
        """Wait for a version that knows every stroke."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for event in self._events.read():
                if isinstance(event, VersionProposed) and event.knows == _lines(self._folder):
                    return event
            time.sleep(0.05)
        raise RuntimeError("the last trainer did not learn all strokes")


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
    began_again = 0
    painter, trainer = Painter(session, chance.getrandbits(30)), Trainer(session)
    for _ in range(kills):
        time.sleep(chance.random() * LONGEST_LIFE)
        victim = chance.choice(("painter", "trainer", "both"))
        victims[victim] += 1
        if victim != "trainer":
            told += painter.kill()
        if victim != "painter":
            began_again += trainer.kill()
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
        "trainers that took strokes in": began_again,
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
    with tempfile.TemporaryDirectory() as folder:
        seen = run(Path(folder), chosen.kills, chosen.seed)
    if chosen.check:
        print(seen)
    else:
        report("correction_kills", [seen], note="SIGKILL at random moments; nothing told may be lost")


if __name__ == "__main__":
    main()
