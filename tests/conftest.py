"""Fixtures for all tests: the folder of real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real microscopy with ground truth; tests that need it skip where it is missing."""
    named = os.environ.get("CYTOUNET_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data is missing: {folder} (set CYTOUNET_DATA to the folder that holds it)")
    return folder
