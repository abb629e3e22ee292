"""`cytounet evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.table import Table

from napari_cytounet.cli.explaining import Asked, in_words, saying_more
from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Masks, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.cli.score_meanings import MEANINGS, OBJECT_MEANINGS, heading, meanings
from napari_cytounet.settings import ImageSettings, MaskSettings, ScoreSettings

if TYPE_CHECKING:
    from napari_cytounet.measurement.evaluation import Evaluation
    from napari_cytounet.measurement.summary import Interval, Summary


def evaluate(
    predicted: Path,
    truth: Path,
    /,
    *,
    errors: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    explain: Annotated[bool, Parameter(negative=())] = False,
    against: Path | None = None,
    image: Path | None = None,
    ceiling: Path | None = None,
    scores: Annotated[ScoreSettings, options_of("Scores")] = ScoreSettings(),
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Evaluate, and print the scores as tables.

    Parameters
    ----------
    predicted
        Folder or file of predicted class maps or objects.
    truth
        Folder or file of true masks of any kind.
    errors
        Table to write, as CSV: a row for every object that is merged, split, missed or invented, with its
        place.
    overwrite
        Replace a table that is there.
    explain
        Explain every score in a sentence: what it is, what is good for these data, and what it hides.
    against
        Another result of the same images, to be compared image by image.
    image
        Folder or file of the raw images, so that --explain can tell what Otsu's threshold scores.
    ceiling
        Masks by a second person, so that --explain can tell what two people agree on.
    """
    from napari_cytounet.measurement.evaluating import evaluating

    evaluation = run_job(
        lambda cancel: evaluating(
            predicted,
            truth,
            masks=mask_settings,
            images=image_settings,
            settings=scores,
            errors=errors,
            overwrite=overwrite,
            cancel=cancel,
        ),
        output,
    )
    asked = Asked(explain, against, image, ceiling)
    sentences, differences = (
        run_job(
            lambda cancel: saying_more(
                evaluation, truth, asked, mask_settings, image_settings, scores, cancel
            ),
            output,
        )
        if explain or against
        else ({}, [])
    )
    values = evaluation.as_dict()
    values |= {"explanations": sentences} if explain else {}
    values |= {"against": [difference.as_dict() for difference in differences]} if against else {}
    shown = Group(_tables(evaluation), *in_words(sentences, differences, against))
    print_result(values, output, shown)


def _tables(evaluation: Evaluation) -> Group:
    from napari_cytounet.measurement.object_errors import count_errors

    tables: list[RenderableType] = [_image_table(evaluation), "", _score_table(evaluation)]
    explained = meanings(MEANINGS)
    if evaluation.object_scores is not None:
        wrong = count_errors(error for _, error in evaluation.errors)
        counted = ", ".join(f"{count} {kind}" for kind, count in wrong.items())
        tables += ["", _object_table(evaluation.object_scores), "", f"objects that went wrong: {counted}"]
        explained += meanings(OBJECT_MEANINGS)
    return Group(*tables, "", *explained, "", *evaluation.notes)


def _image_table(evaluation: Evaluation) -> Table:
    table = Table("image", *(heading(name) for name in evaluation.scores), box=None)
    for image in evaluation.per_image:
        scores = image.as_dict()
        table.add_row(image.name, *(_number(scores[name]) for name in evaluation.scores))
    return table


def _score_table(evaluation: Evaluation) -> Table:
    table = Table("score", "mean of images", "95 %", "pooled", "95 %", box=None)
    for name, summary in (evaluation.scores | (evaluation.object_quality or {})).items():
        table.add_row(heading(name), *_cells(summary))
    if len(evaluation.class_scores) > 1:
        for class_name, scores in zip(evaluation.class_names, evaluation.class_scores, strict=True):
            for name, summary in scores.items():
                table.add_row(f"{class_name}: {heading(name)}", *_cells(summary))
    return table


def _object_table(scores: dict[float, dict[str, Summary]]) -> Table:
    names = list(next(iter(scores.values())))
    table = Table("objects, at IoU", *map(heading, names), box=None)
    for threshold, summaries in scores.items():
        table.add_row(f"{threshold:g}", *(_number(summaries[name].pooled) for name in names))
    return table


def _cells(summary: Summary) -> list[str]:
    return [
        _number(summary.mean),
        _interval(summary.mean_interval),
        _number(summary.pooled),
        _interval(summary.pooled_interval),
    ]


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) and value == value else "-"


def _interval(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
