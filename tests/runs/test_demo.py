"""The demonstration: the whole job, on whatever sample data can be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_cytounet.errors import SampleError
from napari_cytounet.events import Event, Notice, drain
from napari_cytounet.runs import demo
from napari_cytounet.runs.demo import demonstrating
from napari_cytounet.settings import NetworkSettings, TrainingSettings, TrainSettings

QUICK = TrainSettings(
    training=TrainingSettings(steps=3, batch_size=2, patch_size=64),
    network=NetworkSettings(base_width=4, depth=2),
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch() -> Path:
        raise SampleError("BBBC030 cannot be downloaded.")

    monkeypatch.setattr(demo, "fetch_bbbc030", fetch)


@pytest.mark.usefixtures("no_network")
def test_without_real_data_it_says_so_and_does_the_whole_job_on_synthetic_cells(tmp_path: Path) -> None:
    events: list[Event] = []
    result = drain(demonstrating(tmp_path, settings=QUICK), events.append)
    said = [event.text for event in events if isinstance(event, Notice)]
    assert any("cannot be downloaded" in text and "synthetic" in text for text in said)
    assert "synthetic" in result.sample
    assert len(result.evaluated.per_image) == 4
    assert result.folder == tmp_path / "1"
    for made in ("run/model.safetensors", "probabilities", "classes", "instances", "table.csv"):
        assert (result.folder / made).exists()


@pytest.mark.usefixtures("no_network")
def test_another_demonstration_leaves_the_first_alone(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    job = demonstrating(tmp_path, settings=QUICK)
    begins = next(event.text for event in job if isinstance(event, Notice) and "Training" in event.text)
    job.close()
    assert str(tmp_path / "2" / "run") in begins
