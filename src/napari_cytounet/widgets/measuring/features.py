"""Between a table of objects and the `features` of a labels layer, whose column `index` holds the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements
from napari_cytounet.widgets.object_classes import INDEX, by_label

if TYPE_CHECKING:
    import pandas as pd

# pandas is imported in the functions that need it: it takes half a second, and a widget opens without it.

NOT_MEASURED = ("image", "plane", "label", "class", "class_name")
"""Columns of the table that say which object it is: the features keep their own."""


def features_with(features: pd.DataFrame, measured: ObjectMeasurements) -> pd.DataFrame | None:
    """Return the features of a layer with the measurements of its objects, all other columns kept.

    Returns
    -------
    DataFrame or None
        None where a label stands for several objects (in a stack whose planes are numbered one by one): a
        row of features belongs to a label.
    """
    import pandas as pd

    labels = measured.columns["label"]
    if len(np.unique(labels)) < len(labels):
        return None
    new = pd.DataFrame(
        {name: values for name, values in measured.columns.items() if name not in NOT_MEASURED}, index=labels
    )
    old = by_label(features)
    rows = old.index.union(new.index)
    kept = old.drop(columns=[name for name in new if name in old])
    joined = pd.concat([kept.reindex(rows), new.reindex(rows)], axis=1)
    return joined.rename_axis(INDEX).reset_index()
