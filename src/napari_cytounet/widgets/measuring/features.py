"""Between a table of objects and the `features` of a labels layer, whose column `index` holds the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.widgets.measuring.measurements import ObjectClasses, ObjectMeasurements

if TYPE_CHECKING:
    import pandas as pd

# pandas is imported in the functions that need it: it takes half a second, and a widget opens without it.

INDEX = "index"
"""Column of the features that napari looks labels up in."""

NOT_MEASURED = ("image", "plane", "label", "class", "class_name")
"""Columns of the table that say which object it is: the features keep their own."""


def classes_in(features: pd.DataFrame) -> ObjectClasses | None:
    """Return the classes that the features of a layer tell: by number, by name, or both.

    Returns
    -------
    ObjectClasses or None
        None if there is neither a column `class` nor `class_name`.
    """
    import pandas as pd

    known = by_label(features)
    if "class" in known:
        numbers = pd.to_numeric(known["class"], errors="coerce").dropna().astype(int)
    elif "class_name" in known:
        names = known["class_name"].dropna().astype(str)
        numbers = pd.Series(pd.factorize(names, sort=True)[0] + 1, names.index)
    else:
        return None
    named = {}
    if "class_name" in known:
        names = known["class_name"].reindex(numbers.index).fillna("").astype(str)
        named = dict(zip(numbers.tolist(), names.tolist(), strict=True))
    return ObjectClasses(dict(zip(numbers.index.tolist(), numbers.tolist(), strict=True)), named)


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


def by_label(features: pd.DataFrame) -> pd.DataFrame:
    """Return features by their labels: those of the column `index`, else the numbers of the rows."""
    if INDEX not in features:
        return features
    indexed = features.set_index(INDEX)
    return indexed[~indexed.index.duplicated(keep="last")]
