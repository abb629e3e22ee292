from __future__ import annotations

import csv
import json
import threading

import numpy as np
import pytest
import tifffile

from napari_cytounet.errors import Cancelled, MaskError, OutputError, PairingError
from napari_cytounet.events import Notice, Progress
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.evaluating import evaluate, evaluating
from napari_cytounet.settings import MaskKind, MaskSettings


def squares(*corners, size=10):
    labels = np.zeros((48, 64), np.uint16)
    for number, (top, left) in enumerate(corners, start=1):
        labels[top : top + size, left : left + size] = number
    return labels


@pytest.fixture
def truth(tmp_path):
    folder = tmp_path / "truth"
    for name, corners in {"a": [(2, 2), (20, 20), (30, 50)], "b": [(5, 5), (5, 30)]}.items():
        write_image(folder / f"{name}.tif", squares(*corners), "YX")
    return folder


@pytest.fixture
def predicted(tmp_path):
    folder = tmp_path / "instances"
    for name, corners in {"a": [(2, 2), (20, 20)], "b": [(5, 5), (5, 31), (30, 30)]}.items():
        write_image(folder / f"{name}.tif", squares(*corners), "YX", tags={"kind": "instances"})
    return folder


INSTANCES = MaskSettings(masks=MaskKind.INSTANCES)


def test_scores_of_objects_and_pixels(predicted, truth):
    evaluation = evaluate(predicted, truth, masks=INSTANCES)
    assert [image.name for image in evaluation.per_image] == ["a", "b"]
    half = evaluation.object_scores[0.5]["average_precision"]
    assert half.mean == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert half.pooled == pytest.approx(4 / 6)
    assert evaluation.object_scores[0.9]["average_precision"].pooled == pytest.approx(3 / 7)
    assert evaluation.scores["dice"].pooled == pytest.approx(2 * 390 / (500 + 500))
    json.dumps(evaluation.as_dict(), allow_nan=False)


def test_events_say_how_the_truth_is_read_and_how_far_it_is(predicted, truth):
    events = []
    evaluate(predicted, truth, masks=INSTANCES, on_event=events.append)
    assert [event.text for event in events if isinstance(event, Notice)] == [
        "The truth is read as instances: as you said."
    ]
    assert [event.done for event in events if isinstance(event, Progress)] == [0, 1, 2]


def test_class_maps_get_their_objects_from_connected_patches(tmp_path, truth):
    for name, corners in {"a": [(2, 2), (20, 20), (30, 50)], "b": [(5, 5), (5, 30)]}.items():
        classes = (squares(*corners) > 0).astype(np.uint8)
        write_image(tmp_path / "classes" / f"{name}.tif", classes, "YX", tags={"kind": "classes"})
    evaluation = evaluate(tmp_path / "classes", truth, masks=INSTANCES)
    assert evaluation.object_scores[0.9]["average_precision"].mean == 1
    assert evaluation.scores["dice"].mean_interval == (1, 1)


def test_predictions_of_others_are_read_like_the_truth_and_it_is_said(truth):
    evaluation = evaluate(truth, truth, masks=INSTANCES)
    assert evaluation.scores["iou"].pooled == 1
    assert "read like the truth" in evaluation.notes[1]


def test_classes_are_scored_one_by_one_and_tell_no_objects(tmp_path):
    classes = squares((2, 2), (20, 20)).astype(np.uint8)
    classes[2:5, 40:60] = 2
    write_image(tmp_path / "truth" / "a.png.tif", classes * 100, "YX")
    wrong = np.where(classes == 2, 0, classes)
    write_image(tmp_path / "predicted" / "a.png.tif", wrong, "YX", tags={"kind": "classes"})
    evaluation = evaluate(
        tmp_path / "predicted", tmp_path / "truth", masks=MaskSettings(masks=MaskKind.CLASSES)
    )
    assert [scores["dice"].pooled for scores in evaluation.class_scores] == [1, pytest.approx(0)]
    assert evaluation.object_scores is None


def write_model_classes(path, classes, names, values=()):
    tags = {"kind": "classes", "classes": json.dumps(names), "mask_values": json.dumps(values)}
    write_image(path, classes.astype(np.uint8), "YX", tags=tags)


@pytest.mark.parametrize("held", [(1, 3), (3,)])
def test_classes_that_the_truth_lacks_keep_their_place(tmp_path, held):
    predicted = squares((2, 2), (20, 20), (30, 50))
    write_model_classes(tmp_path / "classes" / "a.tif", predicted, ["red", "white", "dead"], [1, 2, 3])
    truth = np.where(np.isin(predicted, held), predicted, 0).astype(np.uint8)
    write_image(tmp_path / "truth" / "a.tif", truth, "YX")
    kind = MaskKind.CLASSES if len(held) > 1 else None
    evaluation = evaluate(tmp_path / "classes", tmp_path / "truth", masks=MaskSettings(masks=kind))
    dice = [scores["dice"].pooled for scores in evaluation.class_scores]
    assert dice == [float(value in held) for value in (1, 2, 3)]
    assert [scores["name"] for scores in evaluation.as_dict()["classes"]] == ["red", "white", "dead"]


def test_classes_of_files_that_name_none_go_by_their_mask_value(tmp_path):
    classes = np.where(squares((2, 2), (20, 20)) == 2, 200, 100).astype(np.uint8)
    classes[:, :2] = 0
    for side in ("predicted", "truth"):
        write_image(tmp_path / side / "a.tif", classes, "YX")
    settings = MaskSettings(masks=MaskKind.CLASSES)
    evaluation = evaluate(tmp_path / "predicted", tmp_path / "truth", masks=settings)
    assert evaluation.class_names == ("class 100", "class 200")


def test_colours_are_compared_by_their_value(tmp_path):
    predicted = squares((2, 2), (20, 20))
    write_model_classes(
        tmp_path / "classes" / "a.tif", predicted, ["green", "red"], [(0, 255, 0), (255, 0, 0)]
    )
    truth = np.zeros((3, 48, 64), np.uint8)
    truth[0, predicted == 2] = 255
    write_image(tmp_path / "truth" / "a.tif", truth, "CYX")
    settings = MaskSettings(masks=MaskKind.CLASSES)
    evaluation = evaluate(tmp_path / "classes", tmp_path / "truth", masks=settings)
    assert [scores["dice"].pooled for scores in evaluation.class_scores] == [0, 1]


@pytest.mark.parametrize(
    ("names", "values", "known"),
    [(["red", "white"], [1, 2], r"red, white \(the values 1, 2\)"), (["foreground"], [], "foreground")],
)
def test_a_class_that_the_model_does_not_know_is_an_error_that_lists_both(tmp_path, names, values, known):
    write_model_classes(tmp_path / "classes" / "a.tif", squares((2, 2)), names, values)
    write_image(tmp_path / "truth" / "a.tif", (squares((2, 2), (20, 20)) * 3).astype(np.uint8), "YX")
    settings = MaskSettings(masks=MaskKind.CLASSES)
    with pytest.raises(MaskError, match=rf"knows {known}, .*hold 3, 6\."):
        evaluate(tmp_path / "classes", tmp_path / "truth", masks=settings)


def test_a_single_class_is_foreground_whatever_its_value(tmp_path):
    write_model_classes(tmp_path / "classes" / "a.tif", squares((2, 2)), ["foreground"])
    write_image(tmp_path / "truth" / "a.tif", (squares((2, 2)) * 255).astype(np.uint8), "YX")
    assert evaluate(tmp_path / "classes", tmp_path / "truth").scores["dice"].pooled == 1


def test_class_maps_of_two_models_are_not_mixed(truth, tmp_path):
    write_model_classes(tmp_path / "classes" / "a.tif", squares(), ["foreground"])
    write_model_classes(tmp_path / "classes" / "b.tif", squares(), ["class 1", "class 2"])
    with pytest.raises(MaskError, match=r"a\.tif.*b\.tif come from models of different classes"):
        evaluate(tmp_path / "classes", truth, masks=INSTANCES)


def test_damaged_names_of_classes(truth, tmp_path):
    for name in "ab":
        tags = {"kind": "classes", "classes": "["}
        write_image(tmp_path / "classes" / f"{name}.tif", squares().astype(np.uint8), "YX", tags=tags)
    with pytest.raises(MaskError, match=r"a\.tif: the names of classes that it carries are damaged"):
        evaluate(tmp_path / "classes", truth, masks=INSTANCES)


def test_what_was_guessed_while_reading_is_told_once(tmp_path):
    for folder in ("predicted", "truth"):
        (tmp_path / folder).mkdir()
        for name in "ab":
            grey = (squares((2, 2)) * 255).astype(np.uint8)
            tifffile.imwrite(tmp_path / folder / f"{name}.tif", np.stack([grey] * 3, -1), photometric="rgb")
    events = []
    evaluation = evaluate(tmp_path / "predicted", tmp_path / "truth", on_event=events.append)
    told = [event.text for event in events if isinstance(event, Notice)][-1]
    assert "(4 of 4 files)" in told
    assert told in evaluation.notes


def test_objects_cannot_be_scored_as_classes(predicted, tmp_path):
    for name in "ab":
        write_image(tmp_path / "truth" / f"{name}.tif", squares((2, 2), (20, 20)), "YX")
    with pytest.raises(MaskError, match="it holds objects, and the truth 2 classes"):
        evaluate(predicted, tmp_path / "truth", masks=MaskSettings(masks=MaskKind.CLASSES))


def test_ignored_pixels_are_not_scored(tmp_path):
    truth = (squares((2, 2)) > 0) * np.uint8(1)
    truth[:, 32:] = 9
    predicted = (squares((2, 2), (20, 40)) > 0).astype(np.uint8)
    write_image(tmp_path / "truth" / "a.tif", truth, "YX")
    write_image(tmp_path / "predicted" / "a.tif", predicted, "YX", tags={"kind": "classes"})
    settings = MaskSettings(masks=MaskKind.BINARY, ignore_value=9)
    evaluation = evaluate(tmp_path / "predicted", tmp_path / "truth", masks=settings)
    assert evaluation.per_image[0].labelled == 48 * 32
    assert evaluation.scores["accuracy"].pooled == 1
    assert evaluation.object_scores[0.5]["average_precision"].pooled == 1


def test_planes_of_a_stack_pool_and_unlabelled_ones_are_left_out(tmp_path):
    stack = np.stack([squares((2, 2)), squares(), squares((2, 2), (30, 30))]) > 0
    write_image(tmp_path / "truth" / "a.tif", stack.astype(np.uint8), "ZYX")
    predicted = np.stack([stack[0], stack[0], stack[0]]).astype(np.uint8)
    write_image(tmp_path / "predicted" / "a.tif", predicted, "ZYX", tags={"kind": "classes"})
    events = []
    evaluation = evaluate(tmp_path / "predicted", tmp_path / "truth", on_event=events.append)
    assert evaluation.scores["recall"].pooled == pytest.approx(2 / 3)
    assert evaluation.scores["precision"].pooled == 1
    assert "a: 1 of 3 planes hold no label and are left out." in [
        event.text for event in events if isinstance(event, Notice)
    ]


def test_an_empty_prediction_of_others_is_a_wrong_one(tmp_path):
    write_image(tmp_path / "truth" / "a.tif", np.stack([squares((2, 2))] * 2), "ZYX")
    write_image(tmp_path / "predicted" / "a.tif", np.zeros((2, 48, 64), np.uint8), "ZYX")
    evaluation = evaluate(tmp_path / "predicted", tmp_path / "truth")
    assert evaluation.scores["dice"].pooled == 0
    assert evaluation.object_scores[0.5]["f1"].pooled == 0


def test_missing_partners_are_named(predicted, truth):
    (predicted / "b.tif").unlink()
    with pytest.raises(PairingError, match=r"b\.tif"):
        evaluate(predicted, truth, masks=INSTANCES)


def test_different_sizes_name_both_files(predicted, truth):
    write_image(predicted / "b.tif", squares((5, 5))[:40], "YX", tags={"kind": "instances"})
    with pytest.raises(MaskError, match=r"instances.b\.tif.*truth.b\.tif.*64 x 40.*64 x 48"):
        evaluate(predicted, truth, masks=INSTANCES)


def test_different_numbers_of_planes_name_both_files(predicted, truth):
    write_image(predicted / "b.tif", np.stack([squares((5, 5))] * 2), "ZYX", tags={"kind": "instances"})
    with pytest.raises(MaskError, match=r"b\.tif.*2 planes and the truth 1"):
        evaluate(predicted, truth, masks=INSTANCES)


def test_unknown_classes_name_both_files(truth, tmp_path):
    for name in "ab":
        classes = np.full((48, 64), 3, np.uint8)
        write_image(tmp_path / "classes" / f"{name}.tif", classes, "YX", tags={"kind": "classes"})
    with pytest.raises(MaskError, match=r"classes.a\.tif.*truth.a\.tif.*classes 3 to 3"):
        evaluate(tmp_path / "classes", truth, masks=INSTANCES)


def test_cancelling_stops(predicted, truth):
    cancel = threading.Event()
    job = evaluating(predicted, truth, masks=INSTANCES, cancel=cancel)
    while next(job) != Progress("images", 0, 2):
        pass
    cancel.set()
    with pytest.raises(Cancelled):
        next(job)


def test_errors_are_written_with_their_place(predicted, truth, tmp_path):
    evaluation = evaluate(predicted, truth, masks=INSTANCES, errors=tmp_path / "errors.csv")
    with (tmp_path / "errors.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["error"]) for row in rows] == [("a", "missed"), ("b", "invented")]
    missed = rows[0]
    assert (missed["true_labels"], missed["predicted_labels"]) == ("3", "")
    assert [float(missed[name]) for name in ("centroid_y_px", "centroid_x_px")] == [34.5, 54.5]
    box = [int(missed[name]) for name in ("top_px", "left_px", "bottom_px", "right_px")]
    assert box == [30, 50, 39, 59]
    assert evaluation.as_dict()["error_counts"] == {"merged": 0, "split": 0, "missed": 1, "invented": 1}


def test_a_table_of_errors_is_not_replaced_unasked(predicted, truth, tmp_path):
    (tmp_path / "errors.csv").write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        evaluate(predicted, truth, masks=INSTANCES, errors=tmp_path / "errors.csv")
    assert (tmp_path / "errors.csv").read_text() == "mine"
    evaluate(predicted, truth, masks=INSTANCES, errors=tmp_path / "errors.csv", overwrite=True)
    assert (tmp_path / "errors.csv").read_text().startswith("image,")


def test_classes_have_no_errors_of_objects(tmp_path):
    classes = squares((2, 2), (20, 20)).astype(np.uint8)
    write_image(tmp_path / "truth" / "a.tif", classes, "YX")
    settings = MaskSettings(masks=MaskKind.CLASSES)
    with pytest.raises(MaskError, match="tells no single objects"):
        evaluate(tmp_path / "truth", tmp_path / "truth", masks=settings, errors=tmp_path / "errors.csv")


def test_errors_in_a_stack_name_their_plane(tmp_path):
    truth = np.stack([squares((2, 2)), squares((2, 2), (30, 30))])
    write_image(tmp_path / "truth" / "a.tif", truth, "ZYX")
    write_image(tmp_path / "instances" / "a.tif", truth * (truth < 2), "ZYX", tags={"kind": "instances"})
    evaluation = evaluate(tmp_path / "instances", tmp_path / "truth", masks=INSTANCES)
    assert [(error.kind, error.plane) for _, error in evaluation.errors] == [("missed", "Z=1")]


def test_truth_that_says_what_it_holds_is_not_asked_about(predicted, tmp_path):
    for name, corners in {"a": [(2, 2), (20, 20)], "b": [(5, 5)]}.items():
        write_image(tmp_path / "truth" / f"{name}.tif", squares(*corners), "YX", tags={"kind": "instances"})
    evaluation = evaluate(predicted, tmp_path / "truth")
    assert evaluation.notes[0] == "The truth is read as instances: the files say so."
    assert evaluation.object_scores[0.5]["average_precision"].pooled == pytest.approx(3 / 5)
