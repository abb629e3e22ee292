"""Tests of what the widgets load: no widget torch before work begins, and some of them never."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

from napari_cytounet import widgets

WITHOUT_NETWORK = (
    "thresholding.threshold",
    "measuring.measure",
    "contributions.commands",
    "contributions.writers",
    "contributions.samples",
)
ROOMS_OF_THE_NETWORK = ("napari_cytounet.unet.", "napari_cytounet.runs.")


def _loaded_after(*modules: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after importing these."""
    code = "\n".join([*(f"import {name}" for name in modules), "import sys", "print(*sys.modules)"])
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return set(done.stdout.split())


def test_no_widget_imports_torch() -> None:
    loaded = _loaded_after(
        *(module.name for module in pkgutil.walk_packages(widgets.__path__, f"{widgets.__name__}."))
    )
    assert "napari_cytounet.widgets.measuring.measure" in loaded
    assert loaded.isdisjoint({"torch", "safetensors.torch", "pyqtgraph"})


@pytest.mark.parametrize("name", WITHOUT_NETWORK)
def test_what_needs_no_network_knows_nothing_of_it(name: str) -> None:
    loaded = _loaded_after(f"napari_cytounet.widgets.{name}")
    heavy = {module for module in loaded if module.startswith(ROOMS_OF_THE_NETWORK)}
    assert heavy <= {"napari_cytounet.unet.model_card"}
    assert "torch" not in loaded
