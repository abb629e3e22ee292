"""How long `import napari_cytounet` and `cytounet --help` take, as whole processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from reporting import report

RUNS = 11
CASES = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "import napari_cytounet": ([sys.executable, "-c", "import napari_cytounet"], 0.15),
    "cytounet --help": ([sys.executable, "-m", "napari_cytounet", "--help"], 0.6),
    "cytounet train --help": ([sys.executable, "-m", "napari_cytounet", "train", "--help"], None),
}


def main() -> None:
    """Run the benchmark."""
    rows = []
    for name, (command, target) in CASES.items():
        seconds = [_seconds(command) for _ in range(RUNS + 1)][1:]
        rows.append(
            {
                "command": name,
                "median s": round(statistics.median(seconds), 3),
                "min s": round(min(seconds), 3),
                "max s": round(max(seconds), 3),
                "target s": target or "",
            }
        )
    report("start", rows)


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
