"""The deep check: what models trained on the other images say about a mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted import Carrier
from planted.mask_faults import invert
from rich.console import Console

from napari_cytounet.cli.check import findings_text
from napari_cytounet.errors import SettingsError
from napari_cytounet.quality.checking import CheckResult, check
from napari_cytounet.quality.deep import _outliers, without_harm
from napari_cytounet.quality.findings import Place, found
from napari_cytounet.quality.inputs import CheckedFile
from napari_cytounet.settings import (
    CheckSettings,
    DeviceSettings,
    MaskKind,
    MaskSettings,
    NetworkSettings,
    TrainingSettings,
    TrainSettings,
)


def test_a_mask_that_is_upside_down_is_contradicted(
    binary_nuclei: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = TrainSettings(
        training=TrainingSettings(preset="fast", steps=60, batch_size=4, patch_size=64, working_scale=1),
        network=NetworkSettings(base_width=8, depth=2),
        masks=MaskSettings(masks=MaskKind.BINARY, pairing="stem"),
        device=DeviceSettings(device="cpu", threads=1),
    )
    monkeypatch.setattr("napari_cytounet.quality.deep.TrainSettings", lambda **_: short)
    carrier = binary_nuclei.copy()
    name = next(iter(carrier.images))
    carrier.masks[name] = carrier.masks[name][::-1, ::-1].copy()
    carrier.write(tmp_path)
    result = check(
        tmp_path / "images",
        tmp_path / "masks",
        settings=CheckSettings(deep=True, folds=2),
        mask_settings=MaskSettings(masks=MaskKind.BINARY),
    )
    contradicted = [f.where.file.name for f in result.findings if f.code == "mask-contradicted"]
    assert contradicted == [f"{name}.ome.tif"]


def test_only_images_that_are_far_worse_are_reported() -> None:
    pairs = [CheckedFile(Path(f"i{number}"), Path(f"m{number}")) for number in range(6)]
    dice = dict(enumerate([0.9, 0.88, 0.91, 0.6, 0.89, 0.84]))
    assert [str(finding.where.file) for finding in _outliers(pairs, dice)] == ["m3"]


def test_pairs_that_are_found_bad_already_are_left_out() -> None:
    files = [CheckedFile(Path(f"i{number}"), Path(f"m{number}")) for number in range(4)]
    findings = [
        found("mask-grey", "Grey.", Place(Path("m1"))),
        found("image-blurred", "Blurred.", Place(Path("i2"))),
        found("image-blank", "Blank.", Place(Path("i3"))),
    ]
    assert [str(file.mask) for file in without_harm(files, findings)] == ["m0", "m2"]


def test_too_few_pairs_are_refused(data: Path, binary_nuclei: Carrier, tmp_path: Path) -> None:
    binary_nuclei.write(tmp_path)
    with pytest.raises(SettingsError, match="fewer --folds"):
        check(tmp_path / "images", tmp_path / "masks", settings=CheckSettings(deep=True, folds=9))


def test_what_was_found_is_told_although_too_few_pairs_are_sound(
    binary_nuclei: Carrier, tmp_path: Path
) -> None:
    carrier = binary_nuclei.copy()
    invert(carrier, next(iter(carrier.images)), 1, np.random.default_rng(0))
    carrier.write(tmp_path)
    result = check(
        tmp_path / "images",
        tmp_path / "masks",
        settings=CheckSettings(deep=True, folds=len(carrier.images)),
        mask_settings=MaskSettings(masks=MaskKind.BINARY),
    )
    assert result.severities().get("high", 0) > 0
    (note,) = result.as_dict()["notes"]
    assert note.startswith("The deep check was left out")
    assert note in _shown(result)


def _shown(result: CheckResult) -> str:
    console = Console(width=10_000)
    with console.capture() as capture:
        console.print(findings_text(result))
    return capture.get()
