"""From a model and files to results: what is written, where, and what is left when something goes wrong."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from napari_cytounet.errors import (
    Cancelled,
    CytounetError,
    ImageError,
    OutputError,
    PredictionError,
    SettingsError,
)
from napari_cytounet.events import Event, FileWritten, Notice, TileDone
from napari_cytounet.images import tiff_writing
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.runs.predicting import predict
from napari_cytounet.runs.sources import content_hash
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import DeviceSettings, PredictionSettings, ThresholdSettings
from napari_cytounet.unet.model import load_model
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.prediction import predict_array

CPU = DeviceSettings(device="cpu", threads=1)
KINDS = ("probabilities", "classes", "instances")


def _files(folder: Path) -> set[str]:
    """Return the results in a folder: all files but the one that says what made them."""
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return files - {"provenance.jsonl"}


def test_each_image_gets_probabilities_classes_and_instances(
    tmp_path: Path, run: TrainResult, cells: Path
) -> None:
    events: list[Event] = []
    result = predict(run.run, cells / "images", out=tmp_path / "out", device=CPU, on_event=events.append)
    expected = {f"{kind}/cells_{number}.tif" for kind in KINDS for number in range(3)}
    assert _files(tmp_path / "out") == expected
    assert {path.relative_to(tmp_path / "out").as_posix() for path in result.written} == expected
    assert {event.path for event in events if isinstance(event, FileWritten)} == {
        str(path) for path in result.written
    }
    assert (result.images, result.stopped) == (3, False)
    assert sum(isinstance(event, TileDone) for event in events) == 3

    found = {kind: open_image(tmp_path / "out" / kind / "cells_0.tif") for kind in KINDS}
    assert {kind: image.tags["kind"] for kind, image in found.items()} == {kind: kind for kind in KINDS}
    assert [str(image.dtype) for image in found.values()] == ["float32", "uint8", "uint8"]
    tags = found["probabilities"].tags
    assert json.loads(tags["thresholds"]) == list(run.thresholds)
    assert json.loads(tags["classes"]) == ["foreground"]
    assert tags["model"] == content_hash(run.model)
    probabilities = found["probabilities"].read()[0]
    image = open_image(cells / "images" / "cells_0.tif").read()[0]
    np.testing.assert_allclose(predict_array(run.model, image, device=CPU)[0], probabilities, atol=1e-6)
    classes, instances = found["classes"].read()[0], found["instances"].read()[0]
    assert np.array_equal(classes > 0, probabilities >= run.thresholds[0])
    assert np.array_equal(instances > 0, classes > 0)


@pytest.mark.parametrize(
    "output", [("probabilities",), ("instances",), ("classes", "instances"), ("probabilities", "classes")]
)
def test_only_what_is_asked_for_is_written(
    tmp_path: Path, run: TrainResult, cells: Path, output: tuple[str, ...]
) -> None:
    settings = PredictionSettings.model_validate({"output": output})
    predict(run.run, [cells / "images" / "cells_0.tif"], out=tmp_path / "out", settings=settings, device=CPU)
    assert _files(tmp_path / "out") == {f"{kind}/cells_0.tif" for kind in output}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*output, "provenance.jsonl"}


def test_stacks_keep_their_planes_and_pixel_size(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    image = open_image(cells / "images" / "cells_0.tif").read()[0]
    stack = np.stack([image, image[::-1], image[:, ::-1], image, image.T, 255 - image]).reshape(2, 3, 96, 96)
    write_image(tmp_path / "stack.tif", stack, "TZYX", pixel_size=PixelSize(0.4, 0.4, 2.0))
    predict(run.run, [tmp_path / "stack.tif"], out=tmp_path / "out", device=CPU)
    for kind in KINDS:
        found = open_image(tmp_path / "out" / kind / "stack.tif")
        assert found.plane_axes == "TZ"
        assert found.data.shape == stack.shape
        assert found.pixel_size is not None
        assert (found.pixel_size.y, found.pixel_size.z) == (pytest.approx(0.4), pytest.approx(2.0))
    probabilities = open_image(tmp_path / "out" / "probabilities" / "stack.tif")
    single = predict_array(run.model, stack[1, 1], device=CPU)
    np.testing.assert_allclose(probabilities.read((1, 1)), single, atol=1e-6)


def test_a_zarr_gives_zarrs(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    image = open_image(cells / "images" / "cells_0.tif").read()[0]
    write_image(tmp_path / "cells.zarr", image, "YX")
    predict(run.run, [tmp_path / "cells.zarr"], out=tmp_path / "out", device=CPU)
    for kind in KINDS:
        assert {path.name for path in (tmp_path / "out" / kind).iterdir()} == {"cells.zarr"}
    found = open_image(tmp_path / "out" / "probabilities" / "cells.zarr").read()
    np.testing.assert_allclose(found, predict_array(run.model, image, device=CPU), atol=1e-6)


def test_results_of_several_tiles_are_those_of_one(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    large = np.tile(open_image(cells / "images" / "cells_0.tif").read()[0], (4, 3))
    tifffile.imwrite(tmp_path / "large.tif", large)
    for name, tile in (("one", 4096), ("many", 64)):
        settings = PredictionSettings(tile=tile)
        predict(run.run, [tmp_path / "large.tif"], out=tmp_path / name, settings=settings, device=CPU)
    one, many = (
        open_image(tmp_path / name / "probabilities" / "large.tif").read() for name in ("one", "many")
    )
    assert np.abs(one - many).max() < 1e-3


def test_results_of_an_earlier_run_are_not_overwritten_unless_asked_to(
    tmp_path: Path, run: TrainResult, cells: Path
) -> None:
    source, out = cells / "images" / "cells_1.tif", tmp_path / "out"
    (out / "instances").mkdir(parents=True)
    (out / "instances" / "cells_1.tif").write_text("mine")
    with pytest.raises(OutputError, match=r"instances/cells_1\.tif.*already|cells_1\.tif: is there already"):
        predict(run.run, [cells / "images"], out=out, device=CPU)
    assert _files(out) == {"instances/cells_1.tif"}
    assert (out / "instances" / "cells_1.tif").read_text() == "mine"
    predict(run.run, [source], out=out, settings=PredictionSettings(output=("classes",)), device=CPU)
    predict(run.run, [source], out=out, settings=PredictionSettings(overwrite=True), device=CPU)
    assert open_image(out / "instances" / "cells_1.tif").tags["kind"] == "instances"


def test_two_images_of_one_name_are_refused(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    (tmp_path / "more").mkdir()
    shutil.copy(cells / "images" / "cells_0.tif", tmp_path / "more")
    with pytest.raises(OutputError, match=r"both be written as cells_0.*two folders"):
        predict(run.run, [cells / "images", tmp_path / "more"], out=tmp_path / "out", device=CPU)
    assert not (tmp_path / "out").exists()


def test_the_method_of_the_threshold_can_be_chosen(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    everything = ThresholdSettings(method="fixed", value=0)
    predict(run.run, [cells / "images"], out=tmp_path / "out", threshold=everything, device=CPU)
    assert open_image(tmp_path / "out" / "classes" / "cells_0.tif").read().min() == 1
    wrong = ThresholdSettings(method="fixed", value=128)
    with pytest.raises(SettingsError, match="from 0 to 1"):
        predict(run.run, [cells / "images"], out=tmp_path / "other", threshold=wrong, device=CPU)


def test_a_bad_image_is_refused_before_the_first_tile(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    shutil.copytree(cells / "images", tmp_path / "images")
    write_image(
        tmp_path / "images" / "z_colours.tif", np.arange(600, dtype=np.uint8).reshape(3, 10, 20), "CYX"
    )
    with pytest.raises(PredictionError, match="z_colours"):
        predict(run.run, tmp_path / "images", out=tmp_path / "out", device=CPU)
    assert not (tmp_path / "out").exists()


def test_a_stopped_prediction_can_be_gone_on_with(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    out, images = tmp_path / "out", sorted((cells / "images").iterdir())
    predict(run.run, images[:1], out=out, device=CPU)
    (out / "instances" / "cells_0.tif").unlink()
    predict(run.run, images[1:2], out=out, device=CPU)
    finished = (out / "instances" / "cells_1.tif").stat().st_mtime_ns
    with pytest.raises(OutputError, match="--skip-existing"):
        predict(run.run, images, out=out, device=CPU)
    going_on = PredictionSettings(skip_existing=True)
    result = predict(run.run, images, out=out, settings=going_on, device=CPU)
    assert result.images == len(images) - 1
    assert (out / "instances" / "cells_0.tif").exists()
    assert (out / "instances" / "cells_1.tif").stat().st_mtime_ns == finished


@pytest.mark.parametrize("stop_in", [0, 1])
def test_cancelled_it_keeps_finished_images_and_nothing_else(
    tmp_path: Path, run: TrainResult, cells: Path, stop_in: int
) -> None:
    cancel = threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, TileDone) and event.name == f"cells_{stop_in}":
            cancel.set()

    if stop_in == 0:
        with pytest.raises(Cancelled):
            predict(
                run.run, [cells / "images"], out=tmp_path / "out", device=CPU, cancel=cancel, on_event=stop
            )
        assert _files(tmp_path / "out") == set()
        return
    result = predict(
        run.run, [cells / "images"], out=tmp_path / "out", device=CPU, cancel=cancel, on_event=stop
    )
    assert (result.images, result.stopped) == (1, True)
    assert _files(tmp_path / "out") == {f"{kind}/cells_0.tif" for kind in KINDS}


@pytest.mark.parametrize("output", [KINDS, ("probabilities",), ("instances",)])
def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path,
    run: TrainResult,
    cells: Path,
    output: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tiff_writing.TiffWriter, "write", full)
    settings = PredictionSettings.model_validate({"output": output})
    with pytest.raises(OutputError, match=r"full.*Free some space"):
        predict(run.run, [cells / "images"], out=tmp_path / "out", settings=settings, device=CPU)
    assert _files(tmp_path / "out") == set()


def test_on_a_disk_that_is_really_full_finished_images_are_kept(
    tmp_path: Path, run: TrainResult, cells: Path, small_disk: Path
) -> None:
    image = open_image(cells / "images" / "cells_0.tif").read()[0]
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "a.tif", image)
    tifffile.imwrite(tmp_path / "images" / "b.tif", np.tile(image, (5, 5)))
    with pytest.raises(OutputError, match="full"):
        predict(run.run, [tmp_path / "images"], out=small_disk / "out", device=CPU)
    assert _files(small_disk / "out") == {f"{kind}/a.tif" for kind in KINDS}


def test_an_output_folder_that_cannot_be_made_is_an_error(
    tmp_path: Path, run: TrainResult, cells: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    for output in (("probabilities",), ("instances",)):
        settings = PredictionSettings.model_validate({"output": output})
        with pytest.raises(OutputError, match="file"):
            predict(run.run, [cells / "images"], out=tmp_path / "file", settings=settings, device=CPU)
    assert (tmp_path / "file").read_text() == "mine"


def test_images_that_do_not_fit_the_model_are_refused(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 255, (50, 50, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "colours.tif", colours)
    with pytest.raises(PredictionError, match=r"colours\.tif has 3 channel.*trained on images with 1"):
        predict(run.run, [tmp_path / "colours.tif"], out=tmp_path / "out", device=CPU)
    spoilt = np.zeros((50, 50), np.float32)
    spoilt[3, 3] = np.nan
    tifffile.imwrite(tmp_path / "spoilt.tif", spoilt)
    with pytest.raises(ImageError, match=r"spoilt\.tif.*NaN"):
        predict(run.run, [tmp_path / "spoilt.tif"], out=tmp_path / "out", device=CPU)
    assert not (tmp_path / "out").exists() or _files(tmp_path / "out") == set()


def _exhaust_memory(monkeypatch: pytest.MonkeyPatch, beyond: int) -> None:
    """Make the network fail like the CPU's allocator for images with more pixels than this a side."""
    forward = UNet.forward

    def limited(network: UNet, image: torch.Tensor) -> torch.Tensor:
        if max(image.shape) > beyond:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return forward(network, image)

    monkeypatch.setattr(UNet, "forward", limited)


def test_out_of_memory_smaller_tiles_are_tried_once_and_it_is_said(
    tmp_path: Path, run: TrainResult, cells: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = np.tile(open_image(cells / "images" / "cells_0.tif").read()[0], (4, 4))  # 192 working pixels
    tifffile.imwrite(tmp_path / "large.tif", large)
    expected = predict_array(run.model, large, device=CPU)
    settings = PredictionSettings(tile=128, halo=48)
    events: list[Event] = []
    with monkeypatch.context() as limited:
        _exhaust_memory(limited, beyond=192 + 48)
        predict(
            run.run,
            [tmp_path / "large.tif"],
            out=tmp_path / "out",
            settings=settings,
            device=CPU,
            on_event=events.append,
        )
    said = [event.text for event in events if isinstance(event, Notice)]
    assert said == ["Not enough memory for tiles of 128 pixels: trying 64."]
    found = open_image(tmp_path / "out" / "probabilities" / "large.tif").read()
    assert np.abs(found - expected).max() < 1e-3
    with monkeypatch.context() as limited:
        _exhaust_memory(limited, beyond=0)
        with pytest.raises(CytounetError, match=r"not enough memory for tiles of 64.*--tile"):
            predict(run.run, [tmp_path / "large.tif"], out=tmp_path / "again", settings=settings, device=CPU)
    assert _files(tmp_path / "again") == set()


def test_the_model_is_not_changed_by_predicting(tmp_path: Path, run: TrainResult, cells: Path) -> None:
    before = run.model.read_bytes()
    model = load_model(run.model)
    weights = {name: values.clone() for name, values in model.network.state_dict().items()}
    predict_array(model, open_image(cells / "images" / "cells_0.tif").read()[0], device=CPU)
    assert run.model.read_bytes() == before
    assert all(torch.equal(values, weights[name]) for name, values in model.network.state_dict().items())
