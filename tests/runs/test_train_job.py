"""What another process is asked to train."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.runs.train_job import TrainJob, read_job, write_job
from napari_cytounet.settings import MaskSettings, NetworkSettings, TrainingSettings, TrainSettings

SETTINGS = TrainSettings(
    training=TrainingSettings(preset="fast", batch_size=8), masks=MaskSettings(class_names=("red", "white"))
)


def _everything(folder: Path) -> TrainJob:
    return TrainJob(
        images=folder / "data" / "images",
        masks=folder / "data" / "masks",
        validation=(folder / "elsewhere", folder.parent / "masks"),
        settings=SETTINGS,
        start_from=folder.parent / "other" / "model.safetensors",
        freeze_encoder=True,
        preview=False,
    )


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for job in (_everything(run), TrainJob(images=run / "data"), TrainJob(resume=True)):
        write_job(run, job)
        assert read_job(run) == job
    assert [path.name for path in run.iterdir()] == ["job.json"]


def test_only_what_was_set_is_written_so_that_the_rest_follows_the_preset(tmp_path: Path) -> None:
    write_job(tmp_path, _everything(tmp_path))
    written = json.loads((tmp_path / "job.json").read_text())
    assert written["settings"]["training"] == {"preset": "fast", "batch_size": 8}
    assert "resume" not in written
    settings = read_job(tmp_path).settings.with_preset()
    assert settings == SETTINGS.with_preset()
    assert settings.network == NetworkSettings(base_width=16)


def test_data_in_the_folder_is_found_where_the_folder_is(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write_job(run, _everything(run))
    shutil.move(run, tmp_path / "moved")
    moved = read_job(tmp_path / "moved")
    assert moved.images == tmp_path / "moved" / "data" / "images"
    assert moved.validation == (tmp_path / "moved" / "elsewhere", tmp_path / "masks")
    assert moved.start_from == tmp_path / "other" / "model.safetensors"


def test_paths_may_be_relative_to_where_the_job_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_job(Path("run"), TrainJob(images=Path("images"), masks=Path("run/data/masks")))
    monkeypatch.chdir("/")
    job = read_job(tmp_path / "run")
    assert (job.images, job.masks) == (tmp_path / "images", tmp_path / "run" / "data" / "masks")


def test_a_job_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no job .*job\.json"):
        read_job(tmp_path)
    for text in ("", "{", '{"imagse": "a"}', '{"settings": {"training": {"minutes": -1}}}'):
        (tmp_path / "job.json").write_text(text)
        with pytest.raises(OutputError, match=r"job\.json is damaged"):
            read_job(tmp_path)
