"""The commands that need no network, on files: results, JSON, and errors."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_cytounet.cli import main
from napari_cytounet.images.writing import write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folders `images` (bright squares on a dark ground) and `truth` (their masks)."""
    for name in ("images", "truth"):
        (tmp_path / name).mkdir()
    for number in (1, 2):
        truth = np.zeros((40, 50), np.uint8)
        truth[5 : 15 + number, 5:15] = truth[25:30, 30:45] = 255
        write_image(tmp_path / "images" / f"cell_{number}.tif", truth // 2 + 20, "YX")
        write_image(tmp_path / "truth" / f"cell_{number}.tif", truth, "YX")
    return tmp_path


@pytest.fixture
def labels(folder: Path) -> Path:
    """Folder `images`, thresholded."""
    assert main(["threshold", str(folder / "images"), "--out", str(folder / "out"), "--method", "otsu"]) == 0
    return folder / "out"


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    parsed = json.loads(line)
    assert isinstance(parsed, dict)
    return parsed


def test_threshold_writes_labels_and_prints_one_object(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["threshold", str(folder / "images"), "--out", str(folder / "out"), "--method", "otsu", "--json"]
    assert main(words) == 0
    files = _json(capsys)["files"]
    assert [(file["name"], file["objects"]) for file in files] == [("cell_1", 2), ("cell_2", 2)]
    assert all(Path(file["instances"]).exists() for file in files)


def test_threshold_says_where_the_labels_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    assert main(["threshold", str(folder / "images"), "--out", str(out), "--method", "otsu"]) == 0
    assert f"Done. The labels of 2 images are in {out}" in capsys.readouterr().out


def test_evaluate_prints_one_object(folder: Path, labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(labels / "instances"), str(folder / "truth"), "--json"]) == 0
    result = _json(capsys)
    assert result["images"] == 2
    assert result["scores"]["dice"]["pooled"] == 1


def test_evaluate_prints_tables_for_people(
    folder: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(labels / "instances"), str(folder / "truth"), "--masks", "binary"]) == 0
    shown = capsys.readouterr().out
    for heading in ("cell_1", "dice", "boundary F1", "objects, at IoU", "0.95", "panoptic quality", "SEG"):
        assert heading in shown
    assert "objects that went wrong: 0 merged, 0 split, 0 missed, 0 invented" in shown


def test_evaluate_lists_the_objects_that_went_wrong(folder: Path, labels: Path) -> None:
    truth = np.zeros((40, 50), np.uint8)
    truth[5:16, 5:15] = 1
    write_image(folder / "truth" / "cell_1.tif", truth * np.uint8(255), "YX")
    words = ["evaluate", str(labels / "instances"), str(folder / "truth"), "--masks", "binary"]
    assert main([*words, "--errors", str(folder / "errors.csv")]) == 0
    with (folder / "errors.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["image"], row["error"], row["predicted_labels"]) == ("cell_1", "invented", "2")
    assert main([*words, "--errors", str(folder / "errors.csv")]) == 1


def test_evaluate_explains_its_scores_and_compares_two_results(
    folder: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, truth = str(labels / "instances"), str(folder / "truth")
    words = ["evaluate", truth, truth, "--masks", "binary", "--explain", "--image", str(folder / "images")]
    words += ["--against", found, "--ceiling", truth]
    assert main([*words, "--json"]) == 0
    result = _json(capsys)
    assert "Otsu's threshold" in result["explanations"]["dice"]
    assert {one["score"] for one in result["against"]} >= {"dice", "average_precision"}
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "it hides" in shown
    assert f"Against {found}, image by image:" in shown


def test_measure_writes_a_table(folder: Path, labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["measure", str(labels / "instances"), "--image", str(folder / "images")]
    words += ["--pixel-size", "0.5", "--out", str(folder / "table.csv"), "--json"]
    assert main(words) == 0
    assert _json(capsys)["objects"] == 4
    with (folder / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["area_px"] for row in rows] == ["110", "75", "120", "75"]
    assert float(rows[0]["area_um2"]) == 27.5
    assert float(rows[0]["mean_intensity_c0"]) == 147


def test_export_writes_what_evaluate_and_measure_read(
    folder: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "coco.json"
    words = ["export", str(labels / "instances"), "--format", "coco", "--out", str(out)]
    assert main([*words, "--image", str(folder / "images")]) == 0
    assert f"4 objects are in {out}" in capsys.readouterr().out
    assert main([*words, "--json"]) == 1
    assert main(["evaluate", str(out), str(folder / "truth"), "--json"]) == 0
    assert _json(capsys)["objects"][-1]["f1"]["pooled"] == 1
    table = folder / "table.csv"
    options = ["--neighbour-distance", "40", "--shape-moments", "--json"]
    assert main(["measure", str(out), "--out", str(table), *options]) == 0
    image = _json(capsys)["per_image"][0]
    assert (image["objects"], image["confluence"]) == (2, 0.0925)
    with table.open(newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["neighbours_within"], row["class_name"]) == ("1", "object")
    assert float(row["hu_1"]) > 0


def test_events_are_lines_and_json_the_last_of_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["threshold", str(folder / "images"), "--out", str(folder / "out"), "--method", "otsu"]
    assert main([*words, "--events", "--json"]) == 0
    *events, result = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"FileWritten", "Progress"} <= {event["event"] for event in events}
    assert "files" in result


def test_an_error_for_the_user_ends_with_1_and_is_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["threshold", str(tmp_path), "--out", str(tmp_path / "out"), "--method", "otsu"]) == 1
    printed = capsys.readouterr()
    assert str(tmp_path) in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
