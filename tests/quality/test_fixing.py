"""Corrected copies: what was wrong is right in them, and the originals stay as they were."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from planted import FAULTS, Carrier

from napari_cytounet.errors import OutputError
from napari_cytounet.events import drain
from napari_cytounet.images.reading import open_image
from napari_cytounet.quality.checking import check
from napari_cytounet.quality.fixing import FixResult, fixing
from napari_cytounet.settings import MaskKind, MaskSettings

MENDED = {
    "mask-inverted",
    "mask-grey",
    "mask-outlines",
    "mask-specks",
    "mask-holes",
    "mask-text",
    "pair-shifted",
    "image-padded",
    "pixels-broken",
    "rgb-grey",
}
TEXT_STANDS_APART = "1d4a5e729bb96b08"
"""In this field the letters touch no nucleus: only such are erased."""

BINARY = MaskSettings(masks=MaskKind.BINARY)


def _hashes(folder: Path) -> dict[Path, str]:
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*.tif")}


def _fix(folder: Path, out: Path) -> FixResult:
    images, masks = folder / "images", folder / "masks"
    result = check(images, masks, mask_settings=BINARY)
    return drain(fixing(result, out, images=images, masks=masks, mask_settings=BINARY))


@pytest.mark.parametrize("code", sorted(MENDED))
def test_a_planted_fault_is_gone_from_the_copies(code: str, binary_nuclei: Carrier, tmp_path: Path) -> None:
    carrier = binary_nuclei.copy()
    target = TEXT_STANDS_APART if code == "mask-text" else next(iter(carrier.images))
    fault = next(fault for fault in FAULTS if fault.code == code)
    fault.plant(carrier, target, fault.clear, np.random.default_rng(0))
    carrier.write(tmp_path / "data")
    before = _hashes(tmp_path / "data")
    fixed = _fix(tmp_path / "data", tmp_path / "out")
    assert _hashes(tmp_path / "data") == before
    assert code in {done for codes in fixed.corrected.values() for done in codes}
    again = check(tmp_path / "out" / "images", tmp_path / "out" / "masks", mask_settings=BINARY)
    left = {finding.where.file.name for finding in again.findings if finding.code == code}
    assert not any(name.startswith(target) for name in left)
    assert again.images == len(carrier.images)


def test_a_mask_that_is_swapped_back_is_the_mask_that_was_swapped(
    binary_nuclei: Carrier, tmp_path: Path
) -> None:
    carrier = binary_nuclei.copy()
    target = next(iter(carrier.images))
    fault = next(fault for fault in FAULTS if fault.name == "invert")
    fault.plant(carrier, target, fault.clear, np.random.default_rng(0))
    carrier.write(tmp_path / "data")
    _fix(tmp_path / "data", tmp_path / "out")
    mended = open_image(tmp_path / "out" / "masks" / f"{target}.tif").read()[0]
    np.testing.assert_array_equal(mended > 0, binary_nuclei.masks[target] > 0)


def test_a_folder_that_holds_something_is_left_alone(binary_nuclei: Carrier, tmp_path: Path) -> None:
    binary_nuclei.write(tmp_path / "data")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("do not touch")
    with pytest.raises(OutputError, match="holds something"):
        _fix(tmp_path / "data", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
