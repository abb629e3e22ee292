"""The deep check: what models trained on the other images say about a mask."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import Carrier

from napari_cytounet.errors import SettingsError
from napari_cytounet.quality.checking import check
from napari_cytounet.quality.deep import _outliers
from napari_cytounet.quality.inputs import CheckedFile
from napari_cytounet.settings import CheckSettings, MaskKind, MaskSettings, TrainingSettings


def test_a_mask_that_is_upside_down_is_contradicted(
    binary_nuclei: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = TrainingSettings(preset="fast", steps=50, patch_size=64, working_scale=1)
    monkeypatch.setattr("napari_cytounet.quality.deep.TrainingSettings", lambda minutes: short)
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


def test_too_few_pairs_are_refused(data: Path, binary_nuclei: Carrier, tmp_path: Path) -> None:
    binary_nuclei.write(tmp_path)
    with pytest.raises(SettingsError, match="fewer --folds"):
        check(tmp_path / "images", tmp_path / "masks", settings=CheckSettings(deep=True, folds=9))
