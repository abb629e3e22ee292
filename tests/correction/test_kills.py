"""Killed at random moments, nothing that was painted is lost: a few kills of those in `benchmarks/`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_correction_kills.py"


@pytest.mark.skipif(sys.platform == "win32", reason="uses the signals of POSIX")
def test_after_ten_kills_every_stroke_is_there() -> None:
    words = [sys.executable, str(BENCHMARK), "--kills", "10", "--seed", "1", "--check"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "'lost': 0" in done.stdout
