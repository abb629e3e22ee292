"""What tests of the plugin share: a viewer, own preferences, and the promise that no worker is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from napari import settings
from napari.components import ViewerModel
from qtpy.QtCore import QThreadPool

from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.preferences import PLUGIN


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    """Fail a test that ends while a worker that it started still runs."""
    yield
    pool = QThreadPool.globalInstance()
    assert pool is not None
    assert pool.waitForDone(2000), f"{pool.activeThreadCount()} workers still run after the test"


@pytest.fixture(autouse=True)
def own_preferences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a test preferences that nobody else reads, with its own folder for runs."""
    monkeypatch.setattr(settings, "_CFG_PATH", str(tmp_path / "napari" / "settings.yaml"))
    settings._clear_plugin_settings_cache()
    page = settings.get_plugin_settings(PLUGIN).computing
    page.runs_folder = str(tmp_path / "runs")
    yield page
    settings._clear_plugin_settings_cache()


@pytest.fixture(autouse=True)
def no_model_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without the model that another test chose."""
    monkeypatch.setattr(model_choice, "_chosen", None)


@pytest.fixture
def viewer(
    make_napari_viewer_proxy: Callable[[], ViewerModel], monkeypatch: pytest.MonkeyPatch
) -> ViewerModel:
    """Return a viewer that refuses changes of layers from any thread but the main one."""
    monkeypatch.setenv("NAPARI_STRICT_QT", "1")
    return make_napari_viewer_proxy()
