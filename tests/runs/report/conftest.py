"""The browser that reports are looked at in."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Photographed = Callable[..., NDArray[np.uint8]]


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Photographed:
    """Return a function that shows a page in headless Chromium, and returns what is to be seen (Y, X, 3).

    With CYTOUNET_SCREENSHOTS set to a folder, pictures that have a name are kept there.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser is here to look at the report with ({', '.join(BROWSERS)})")

    def photographed(
        page: Path, *, dark: bool = False, width: int = 1000, height: int = 1600, name: str = ""
    ) -> NDArray[np.uint8]:
        folder = tmp_path_factory.mktemp("browser")
        picture = folder / "page.png"
        words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        words += [
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
        ]
        words += [f"--window-size={width},{height}", f"--screenshot={picture}"]
        words += ["--blink-settings=preferredColorScheme=0"] if dark else []
        subprocess.run([*words, page.resolve().as_uri()], check=True, capture_output=True, timeout=90)
        kept = os.environ.get("CYTOUNET_SCREENSHOTS")
        if kept and name:
            shutil.copy(picture, Path(kept) / f"{name}.png")
        decoded: NDArray[Any] = imagecodecs.png_decode(picture.read_bytes())
        return decoded[..., :3]

    return photographed
