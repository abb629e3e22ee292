"""The command line `cytounet`: parses, calls and prints; one file a command."""

from __future__ import annotations

from napari_cytounet.cli.app import main

__all__ = ["main"]
