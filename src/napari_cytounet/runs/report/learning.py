"""What the report says of the training: its curves, what went wrong, and why it was trained so."""

from __future__ import annotations

import math
from html import escape

from napari_cytounet.measurement.baselines import EVERYTHING
from napari_cytounet.runs.diagnosis import diagnose
from napari_cytounet.runs.history import HistoryRow
from napari_cytounet.runs.record import Record
from napari_cytounet.runs.report.charts import Line, Series, line_chart
from napari_cytounet.settings import TrainSettings
from napari_cytounet.settings.reasons import reasons_for


def warnings(record: Record, rows: list[HistoryRow]) -> str:
    """Return the known shapes of failure that the curves have."""
    result = record.get("result", {})
    everything = result.get("validation", {}).get("baselines", {}).get(EVERYTHING)
    found = diagnose(rows, everything, has_ended=result.get("stopped") is False)
    return "".join(f"<p class='warning'>{escape(diagnosis.text)}</p>" for diagnosis in found)


def curves(record: Record, rows: list[HistoryRow]) -> str:
    """Return loss and Dice over the steps."""
    if not any(math.isfinite(row.loss) for row in rows):
        return ""
    steps = [float(row.step) for row in rows]
    whole = (0.0, steps[-1])
    loss = line_chart(
        [Series("loss", steps, [row.loss for row in rows], "loss")], x="step", y="loss", x_range=whole
    )
    charts = f"<figure>{loss}<figcaption>The loss of the training patches.</figcaption></figure>"
    scored = [(float(row.step), row.validation_dice) for row in rows if row.validation_dice is not None]
    if scored:
        places, dice = zip(*scored, strict=True)
        best = record.get("result", {}).get("best_step")
        chart = line_chart(
            [Series("Dice", places, dice, "score", dots=True)],
            x="step",
            y="Dice",
            x_range=whole,
            y_range=(0, 1),
            lines=[Line("the weights that were kept, step", best, upright=True)] if best else [],
        )
        caption = "Dice on what was kept back; dashed: the weights that were kept."
        charts += f"<figure>{chart}<figcaption>{caption}</figcaption></figure>"
    return f"<h2>How it learnt</h2>{charts}"


def reasons(record: Record) -> str:
    """Return why this loss and this regularisation, and what others would change."""
    said = reasons_for(TrainSettings.model_validate(record["settings"]))
    items = "".join(f"<p><b>{escape(reason.what)}</b> {escape(reason.why)}</p>" for reason in said)
    return f"<details><summary>Why it was trained so</summary>{items}</details>"
