"""The classes of objects, as the `features` of a labels layer tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# pandas is imported in the functions that need it: it takes half a second, and a widget opens without it.

INDEX = "index"
"""Column of the features that napari looks labels up in."""


@dataclass(frozen=True)
class ObjectClasses:
    """What is known of the classes of objects.

    Attributes
    ----------
    of_label
        Class of each label.
    names
        Name of each class, where there are names.
    """

    of_label: Mapping[int, int]
    names: Mapping[int, str] = field(default_factory=dict)

    def category(self, label: int) -> str | None:
        """Return what the class of an object is called; None where it has none.

        Examples
        --------
        >>> known = ObjectClasses({7: 2, 8: 1}, {2: "dividing"})
        >>> known.category(7), known.category(8), known.category(9)
        ('dividing', 'class 1', None)
        """
        number = self.of_label.get(label, 0)
        return (self.names.get(number) or f"class {number}") if number else None


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


def by_label(features: pd.DataFrame) -> pd.DataFrame:
    """Return features by their labels: those of the column `index`, else the numbers of the rows."""
    if INDEX not in features:
        return features
    indexed = features.set_index(INDEX)
    return indexed[~indexed.index.duplicated(keep="last")]
