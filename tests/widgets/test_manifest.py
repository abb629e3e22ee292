"""Tests of the manifest: what npe2 understood of it, since a misspelt key is passed over in silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from napari._app_model import get_app_model
from napari._app_model.constants import MenuId
from napari.components import ViewerModel
from npe2 import PluginManifest

ROOT = Path(__file__).parents[2]
PACKAGED = ROOT / "src" / "napari_cytounet" / "napari.yaml"
WIDGETS = {
    "train": "Train U-Net",
    "predict": "Predict with U-Net",
    "threshold": "Threshold to labels",
    "measure": "Measure objects",
    "compare": "Compare with truth",
    "check": "Check training data",
    "runs": "Runs",
    "correct": "Correct and learn",
    "edit_objects": "Edit objects",
}
ON_THE_SELECTED = ["threshold_active", "fill_holes_active", "number_objects_active"]
ON_OBJECTS = [
    "split_objects",
    "merge_objects",
    "delete_object",
    "fill_object",
    "smooth_object",
    "number_chosen_object",
    "delete_border_objects",
    "keep_objects_between",
    "number_objects_anew",
]
SAMPLES = ["bbbc030-train", "bbbc030-validation", "dic", "phase", "fluorescence"]
WRITERS = {
    "write_tiff": [".tif", ".tiff", ".ome.tif"],
    "write_zarr": [".zarr"],
    "write_outlines": [".outlines.tif"],
    "write_geojson": [".geojson"],
    "write_imagej": [".zip"],
    "write_coco": [".coco.json"],
    "write_via": [".via.csv"],
    "write_voc": [".voc.xml"],
    "write_labelme": [".labelme.json"],
}


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    return PluginManifest.from_file(PACKAGED)


def _ours(name: str) -> str:
    return f"napari-cytounet.{name}"


def test_the_link_at_the_root_is_the_packaged_file() -> None:
    link = ROOT / "napari.yaml"
    assert link.is_symlink()
    assert link.resolve() == PACKAGED.resolve()


def test_everything_that_it_names_can_be_imported(manifest: PluginManifest) -> None:
    manifest.validate_imports()


def test_npe2_validates_the_installed_plugin() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", "napari-cytounet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_commands(manifest: PluginManifest) -> None:
    commands = {command.id for command in manifest.contributions.commands or ()}
    samples = ["sample_bbbc030", "sample_bbbc030_validation", "sample_dic", "sample_phase"]
    names = [*WIDGETS, *ON_THE_SELECTED, *ON_OBJECTS, *WRITERS, *samples, "sample_fluorescence", "read_model"]
    assert commands == set(map(_ours, names))


def test_widgets_and_their_menus(manifest: PluginManifest) -> None:
    found = manifest.contributions
    assert {widget.command: widget.display_name for widget in found.widgets or ()} == {
        _ours(name): title for name, title in WIDGETS.items()
    }
    menus = {menu: [item.command for item in items] for menu, items in found.menus.items()}
    assert menus == {
        "napari/layers/segment": [*map(_ours, ["train", "predict", "threshold", *ON_THE_SELECTED])],
        "napari/layers/measure": [*map(_ours, ["measure", "compare", "check", "runs"])],
        "napari/layers/annotate": [_ours("correct"), _ours("edit_objects")],
    }
    assert menus.keys() <= MenuId.contributables()


def test_readers_and_writers(manifest: PluginManifest) -> None:
    found = manifest.contributions
    readers = [
        (reader.command, reader.filename_patterns, reader.accepts_directories)
        for reader in found.readers or ()
    ]
    assert readers == [(_ours("read_model"), ["*.safetensors"], False)]
    writers = {writer.command: writer.filename_extensions for writer in found.writers or ()}
    assert writers == {_ours(name): extensions for name, extensions in WRITERS.items()}
    assert all(writer.layer_types == ["labels"] for writer in found.writers or ())


def test_samples(manifest: PluginManifest) -> None:
    assert [sample.key for sample in manifest.contributions.sample_data or ()] == SAMPLES


def test_preferences(manifest: PluginManifest) -> None:
    pages = manifest.contributions.configurations or {}
    assert list(pages) == ["computing"]
    defaults = {name: field.default for name, field in pages["computing"].properties.items()}
    assert defaults == {"device": "auto", "runs_folder": "", "cores_for_interface": 1}


def test_the_menus_of_napari(viewer: ViewerModel) -> None:
    menus = get_app_model().menus

    def titles(menu: str) -> list[str]:
        return [item.command.title for item in menus.get_menu(menu)]

    widgets = [f"{title} (napari-cytounet)" for title in WIDGETS.values()]
    assert sorted(titles(f"{MenuId.MENUBAR_PLUGINS}/napari-cytounet")) == sorted(widgets)
    assert len(titles(f"{MenuId.FILE_SAMPLES}/napari-cytounet")) == len(SAMPLES)
    assert set(widgets[:3]) <= set(titles("napari/layers/segment"))
    assert set(widgets[3:7]) <= set(titles("napari/layers/measure"))
    assert set(widgets[7:]) <= set(titles("napari/layers/annotate"))


@pytest.mark.parametrize("title", WIDGETS.values())
def test_every_widget_opens(viewer: ViewerModel, title: str) -> None:
    _, widget = viewer.window.add_plugin_dock_widget("napari-cytounet", title)
    assert widget is not None
