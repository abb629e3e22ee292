"""The rules that hold the house together: what importing a room loads, and how long a file may be."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import napari_cytounet
from napari_cytounet import settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "napari_cytounet"
HEAVY = ("torch", "safetensors", "napari", "magicgui", "qtpy", "PyQt5", "PyQt6", "PySide2", "PySide6")
ROOMS_OF_THE_NETWORK = ("napari_cytounet.unet", "napari_cytounet.runs", "napari_cytounet.correction")
WIDGETS = "napari_cytounet.widgets"


def _modules() -> list[str]:
    """Return the names of all modules of the package, such as `napari_cytounet.images.axes`."""
    files = (path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py") if path.name != "__main__.py")
    return sorted(".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files)


def _loaded_after(statements: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter holds after these statements."""
    code = f"{statements}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_none_of_its_dependencies() -> None:
    loaded = _loaded_after("import napari_cytounet")
    assert loaded.isdisjoint({*HEAVY, "pydantic", "rich", "scipy", "skimage", "zarr"})


def test_the_public_functions_are_there() -> None:
    names = ("train", "predict", "threshold", "evaluate", "measure", "simulate", "replay", "load_model")
    for name in ("check", *names):
        assert callable(getattr(napari_cytounet, name))


def test_every_setting_can_be_imported_from_the_package() -> None:
    for name, field in settings.TrainSettings.model_fields.items():
        assert field.annotation is getattr(napari_cytounet, field.annotation.__name__), name
    for model in (settings.TrainSettings, settings.PredictionSettings, settings.ThresholdSettings):
        assert getattr(napari_cytounet, model.__name__) is model
    assert napari_cytounet.MaskKind is settings.MaskKind


def test_rooms_below_the_network_load_neither_torch_nor_napari() -> None:
    rooms = [name for name in _modules() if not name.startswith((*ROOMS_OF_THE_NETWORK, WIDGETS))]
    loaded = _loaded_after("".join(f"import {name}\n" for name in rooms))
    assert loaded.isdisjoint(HEAVY)


def test_rooms_of_the_network_load_no_napari() -> None:
    rooms = [name for name in _modules() if not name.startswith(WIDGETS)]
    loaded = _loaded_after("".join(f"import {name}\n" for name in rooms))
    assert loaded.isdisjoint(set(HEAVY) - {"torch", "safetensors"})


def test_widgets_load_no_torch() -> None:
    widgets = [name for name in _modules() if name.startswith(WIDGETS)]
    assert widgets
    assert "torch" not in _loaded_after("".join(f"import {name}\n" for name in widgets))


def test_files_are_short() -> None:
    source = list(PACKAGE.rglob("*.py"))
    assert statistics.median(map(_line_count, source)) < 200
    everywhere = [*source, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]
    assert [path for path in everywhere if _line_count(path) > 400] == []


def _line_count(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())
