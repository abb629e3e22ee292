"""`cytounet check` on files: what it prints, its JSON, and its copies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.cli import main
from napari_cytounet.images.writing import write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folders `images` and `masks` with five pairs; the first mask has a hole, the last image has no mask."""
    random = np.random.default_rng(0)
    for number in range(5):
        mask = np.zeros((96, 128), np.uint8)
        for top in (8, 56):
            left = int(random.integers(4, 60))
            mask[top : top + 26, left : left + 26] = mask[top : top + 24, left + 36 : left + 60] = 255
        image = np.where(mask > 0, 140, 60) + random.normal(0, 4, mask.shape)
        write_image(tmp_path / "images" / f"cell_{number}.tif", image.astype(np.uint8), "YX")
        if number == 0:
            rows, columns = np.argwhere(mask)[0] + 8
            mask[rows : rows + 4, columns : columns + 4] = 0
        if number < 4:
            write_image(tmp_path / "masks" / f"cell_{number}.tif", mask, "YX")
    return tmp_path


def test_findings_are_printed_in_order_of_harm(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder / "images"), str(folder / "masks")]) == 0
    printed = capsys.readouterr().out
    assert printed.index("[pair-missing]") < printed.index("[mask-holes]") < printed.index("[score-ceiling]")
    assert "cell_4.tif: The image cell_4.tif has no mask" in printed
    assert "Looked at 5 images and 4 masks." in printed


def test_json_holds_everything_and_codes_can_be_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(folder), "--json", "--leave-out", "mask-holes"]
    assert main(words) == 0
    (line,) = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    codes = [finding["code"] for finding in result["findings"]]
    assert codes[0] == "pair-missing"
    assert "mask-holes" not in codes
    first = result["findings"][0]
    assert first["severity"] == "high"
    assert first["where"] == {"file": str(folder / "images" / "cell_4.tif"), "plane": [], "box": None}
    assert sum(result["severities"].values()) == len(codes)


def test_copies_are_corrected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "corrected"
    words = ["check", str(folder / "images"), str(folder / "masks"), "--fix", "--out", str(out), "--json"]
    assert main(words) == 0
    fixed = json.loads(capsys.readouterr().out)["fixed"]
    assert fixed["corrected"] == {str(out / "masks" / "cell_0.tif"): ["mask-holes"]}
    assert fixed["copied"] == 8


def test_fix_wants_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder), "--fix"]) == 1
    assert "--fix --out FOLDER" in capsys.readouterr().err


def test_an_unknown_code_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder), "--leave-out", "mask-hole"]) == 1
    assert "no finding mask-hole" in capsys.readouterr().err


def test_images_alone_are_checked_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder / "images")]) == 0
    assert "Looked at 5 images and 0 masks." in capsys.readouterr().out
