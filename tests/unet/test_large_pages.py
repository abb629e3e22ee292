"""Large arrays come in large pages, unless the user says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASKED = "import os, napari_cytounet.unet; print(os.environ['THP_MEM_ALLOC_ENABLE'])"


@pytest.mark.parametrize(("chosen", "expected"), [(None, "1"), ("0", "0")])
def test_they_are_asked_for_where_the_user_chose_nothing(chosen: str | None, expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "THP_MEM_ALLOC_ENABLE"}
    if chosen is not None:
        environment["THP_MEM_ALLOC_ENABLE"] = chosen
    found = subprocess.run(
        [sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == expected
