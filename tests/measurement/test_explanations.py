"""Each score explains itself, against what is had without learning on the same data."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from napari_cytounet.cli.explaining import explanations
from napari_cytounet.errors import MaskError
from napari_cytounet.events import drain
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.baselines import (
    EVERYTHING,
    NOTHING,
    OTSU,
    better_polarity,
    otsu_counts,
    trivial_counts,
)
from napari_cytounet.measurement.evaluating import evaluate
from napari_cytounet.measurement.explanations import EXPLANATIONS, Yardsticks, explain
from napari_cytounet.measurement.object_scores import ObjectScores
from napari_cytounet.measurement.pixel_scores import PixelScores, pixel_counts, pixel_scores
from napari_cytounet.measurement.yardsticks import scoring_otsu, yardsticks
from napari_cytounet.settings import MaskKind, MaskSettings


def test_every_score_has_its_words() -> None:
    assert {*PixelScores._fields, *ObjectScores._fields, "boundary_f1"} <= set(EXPLANATIONS)
    for explanation in EXPLANATIONS.values():
        assert all(getattr(explanation, field.name) for field in fields(explanation))
        assert explanation.describe().endswith(".")


def test_one_sentence_holds_value_interval_formula_yardsticks_and_what_is_hidden() -> None:
    sentence = explain("dice", 0.9, (0.88, 0.93), Yardsticks({NOTHING: 0.0, EVERYTHING: 0.5}, ceiling=0.95))
    for said in (
        "Dice 0.900",
        "0.880 to 0.930",
        "2 TP",
        "calling everything foreground 0.500",
        "89% of the way",
        "0.950 of a second",
    ):
        assert said in sentence
    assert "no interval" in explain("dice", 0.9)
    assert "not defined" in explain("dice", float("nan"))
    assert "no better than calling everything" in explain("dice", 0.5, None, Yardsticks({EVERYTHING: 0.5}))
    assert "above" in Yardsticks({EVERYTHING: 0.97}, ceiling=0.95).judge(0.98)
    assert Yardsticks({EVERYTHING: float("nan")}).judge(0.9) == ""


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(lambda counts: counts[0] + counts[2] > 0))
def test_trivial_answers_score_what_they_would(counts: list[int]) -> None:
    tp, fp, fn, tn = counts
    truth = np.array([1] * (tp + fn) + [0] * (fp + tn))
    for name, predicted in ((NOTHING, truth * 0), (EVERYTHING, truth * 0 + 1)):
        assert (
            trivial_counts(counts)[name].tolist() == pixel_counts(predicted, truth, class_count=1)[0].tolist()
        )


def test_otsu_is_tried_on_bright_and_on_dark_objects() -> None:
    random = np.random.default_rng(0)
    truth = np.zeros((40, 40), np.int16)
    truth[10:25, 10:30] = 1
    truth[:, :3] = -1
    bright = random.normal(0, 0.1, truth.shape) + (truth > 0)
    expected = pixel_counts((bright > threshold_otsu(bright)).astype(int), truth, class_count=1)[0]
    for pixels in (bright, -bright):
        counts = better_polarity(otsu_counts(pixels, truth)[None])
        assert pixel_scores(counts[0]).dice == pytest.approx(pixel_scores(expected).dice, abs=5e-3)
    assert otsu_counts(np.ones((4, 4)), np.ones((4, 4), np.int16))[0].tolist() == [0, 0, 16, 0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folders of raw images, their truth, a prediction of it and a second annotation."""
    random = np.random.default_rng(0)
    for number in range(3):
        truth = np.zeros((60, 60), np.uint8)
        truth[10 : 30 + number, 10:30] = truth[40:50, 35:55] = 255
        raw = (random.normal(60, 12, truth.shape) + truth / 4).clip(0, 255).astype(np.uint8)
        sides = {"raw": raw, "truth": truth, "found": np.roll(truth, 2, 0), "second": np.roll(truth, 1, 1)}
        for name, pixels in sides.items():
            (tmp_path / name).mkdir(exist_ok=True)
            write_image(tmp_path / name / f"cell_{number}.tif", pixels, "YX")
    return tmp_path


def test_an_evaluation_is_held_against_baselines_and_a_second_annotation(folder: Path) -> None:
    evaluation = evaluate(folder / "found", folder / "truth")
    otsu = drain(scoring_otsu(folder / "raw", folder / "truth"))
    ceiling = evaluate(folder / "second", folder / "truth")
    held = yardsticks(evaluation, otsu, ceiling)
    truths = [open_image(path).read()[0] > 0 for path in sorted((folder / "truth").iterdir())]
    share = np.mean(truths)
    assert held["dice"].baselines[EVERYTHING] == pytest.approx(2 * share / (1 + share))
    assert held["accuracy"].baselines[NOTHING] == pytest.approx(1 - share)
    assert held["boundary_f1"].baselines[NOTHING] == 0
    assert held["average_precision"].baselines[NOTHING] == 0
    assert 0.5 < held["dice"].baselines[OTSU] < 1
    assert held["dice"].ceiling == ceiling.scores["dice"].pooled
    said = explanations(evaluation, held)
    assert set(said) == {*evaluation.scores, *ObjectScores._fields, *(evaluation.object_quality or ())}
    assert "Otsu's threshold" in said["dice"]
    assert "second annotation" in said["average_precision"]


def test_otsu_has_no_say_on_several_classes(tmp_path: Path) -> None:
    for name in ("raw", "truth"):
        (tmp_path / name).mkdir()
        pixels = np.zeros((30, 30), np.uint8)
        pixels[5:10, 5:10], pixels[15:20, 15:20], pixels[:3, :3] = 1, 2, 5
        write_image(tmp_path / name / "cell.tif", pixels, "YX")
    with pytest.raises(MaskError, match="tells two apart"):
        drain(scoring_otsu(tmp_path / "raw", tmp_path / "truth", masks=MaskSettings(masks=MaskKind.CLASSES)))
