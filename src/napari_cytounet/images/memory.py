"""How much memory there is."""

from __future__ import annotations

import os


def physical_memory() -> int | None:
    """Return the bytes of memory of this computer, None where it does not tell (Windows)."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        return None
