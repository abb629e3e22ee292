"""Pictures of what is true, missed and invented."""

from __future__ import annotations

import math

import imagecodecs
import numpy as np

from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.report.examples import COLOURS, INVENTED, MISSED, TRUE, read_examples
from napari_cytounet.runs.report.pictures import chosen, coloured, compare, grey
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.unet.validation import PlaneScore, ValidationScore


def _score(*dice: tuple[int, int, int, int]) -> ValidationScore:
    planes = tuple(PlaneScore(str(number), str(number), (counts,)) for number, counts in enumerate(dice))
    return ValidationScore(0.5, (0.5,), planes=planes)


def test_best_median_and_worst_are_chosen_and_empty_planes_are_not() -> None:
    half, good, bad, empty = (5, 5, 5, 9), (9, 1, 1, 9), (1, 9, 9, 9), (0, 0, 0, 9)
    assert chosen(_score(half, good, bad, empty)) == {"best": 1, "median": 0, "worst": 2}
    assert chosen(_score(half, empty, good)) == {"best": 2, "worst": 0}
    assert chosen(_score(empty, half)) == {"only": 1}
    assert chosen(_score(empty)) == {}


def test_a_class_is_found_where_its_own_threshold_is_reached() -> None:
    shares = np.array([[[200, 100, 90, 0]], [[10, 90, 100, 0]]], np.uint8)
    assert apply_thresholds(shares.astype(np.float32) / 255, (0.5, 0.3)).tolist() == [[1, 2, 2, 0]]
    assert apply_thresholds(shares[:1].astype(np.float32) / 255, (0.37,)).tolist() == [[1, 1, 0, 0]]


def test_the_colours_are_those_of_the_key() -> None:
    found, truth = np.array([[1, 0, 1, 0]], np.int16), np.array([[1, 1, 0, -1]], np.int16)
    colours = coloured(compare(found, truth))
    for column, kind in enumerate((TRUE, MISSED, INVENTED)):
        assert bytes(colours[0, column, :3]).hex() == COLOURS[kind][1:]
        assert colours[0, column, 3] > 0
    assert colours[0, 3, 3] == 0


def test_colours_stay_apart_for_the_colour_blind() -> None:
    """By lightness alone, too: that is what is left in the worst case."""
    lightness = sorted(
        sum(
            share * value
            for share, value in zip((0.2126, 0.7152, 0.0722), bytes.fromhex(COLOURS[kind][1:]), strict=True)
        )
        for kind in (TRUE, MISSED, INVENTED)
    )
    assert min(np.diff(lightness)) > 30


def test_pixels_become_grey_or_colours() -> None:
    assert grey(np.linspace(-1, 3, 100).reshape(1, 10, 10)).dtype == np.uint8
    assert grey(np.zeros((3, 4, 5))).shape == (4, 5, 3)
    assert grey(np.zeros((2, 4, 5))).max() == 0


def test_a_run_keeps_its_pictures(run: TrainResult) -> None:
    examples = read_examples(RunFolder(run.run))
    assert [example.which for example in examples] == ["best", "median", "worst"]
    dice = [example.dice for example in examples]
    assert dice == sorted(dice, reverse=True)
    for example in examples:
        image, found = (
            imagecodecs.png_decode((run.run / "examples" / f"{example.which}{end}.png").read_bytes())
            for end in ("", "-found")
        )
        assert found.shape == (*image.shape, 4)
        assert not math.isnan(example.dice)
