"""What the user set on the plugin's page of napari's Preferences."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from napari.settings import get_plugin_settings

from napari_cytounet.settings import DeviceSettings

PLUGIN = "napari-cytounet"


def runs_folder() -> Path:
    """Return the folder in which new runs are kept."""
    folder = _page().runs_folder
    return Path(folder).expanduser() if folder else Path.home() / "cytounet-runs"


def device_settings() -> DeviceSettings:
    """Return where networks run: on the device of the preferences, with cores left to the interface."""
    cores = os.cpu_count() or 1
    return DeviceSettings(device=_page().device, threads=max(1, cores - _page().cores_for_interface))


def _page() -> Any:
    return get_plugin_settings(PLUGIN).computing
