"""What differs between two records: settings, data and environment, by the names that they have there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from napari_cytounet.runs.record import Record

CONCERNS = ("settings", "freeze_encoder", "preprocessing", "environment")
"""Parts of a record that are compared value by value."""

PREPROCESSING = (
    "channels",
    "classes",
    "mask_kind",
    "mask_values",
    "normalisation",
    "working_scale",
    "pixel_size",
)
"""What the card of a model says of how images are prepared for it."""


@dataclass(frozen=True)
class Difference:
    """A value that is not the same in two records.

    Attributes
    ----------
    name
        Where it stands, such as `settings.training.seed`.
    first, second
        What it is in each; None where it is missing.
    """

    name: str
    first: Any
    second: Any

    def describe(self) -> str:
        """Say it in a line.

        Examples
        --------
        >>> Difference("settings.training.seed", 0, 1).describe()
        'settings.training.seed: 0, then 1'
        >>> Difference("dice", 0.944206008583691, 0.8515956801359058).describe()
        'dice: 0.9442, then 0.8516'
        """
        first, second = _shown(self.first), _shown(self.second)
        if first == second:  # they differ by less than is shown
            first, second = str(self.first), str(self.second)
        return f"{self.name}: {first}, then {second}"

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


def differences(first: Any, second: Any, name: str = "") -> list[Difference]:
    """Return where two values, such as parts of records, differ.

    Examples
    --------
    >>> differences({"seed": 0, "loss": {"l1": 0}}, {"seed": 1, "loss": {"l1": 0}})
    [Difference(name='seed', first=0, second=1)]
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        names = [*first, *(key for key in second if key not in first)]
        return [
            found
            for key in names
            for found in differences(first.get(key), second.get(key), f"{name}.{key}" if name else str(key))
        ]
    return [] if first == second else [Difference(name, first, second)]


def record_differences(first: Record, second: Record) -> list[Difference]:
    """Return what differs in how two runs were made: settings, preprocessing, environment, start."""
    parts = [record | {"preprocessing": _preprocessing(record)} for record in (first, second)]
    found = [
        difference
        for concern in CONCERNS
        for difference in differences(parts[0].get(concern), parts[1].get(concern), concern)
    ]
    starts = [(record.get("start_from") or {}).get("sha256") for record in (first, second)]
    return [*found, *differences(starts[0], starts[1], "start_from")]


def data_differences(first: Record, second: Record) -> list[str]:
    """Say which images two runs do not have in common, by what their files hold.

    Returns
    -------
    list of str
        A line for each part of the data in which they differ.
    """
    said = []
    for part, verb in (("training", "learnt from"), ("validation", "validated on")):
        images = [
            {_content(entry): _name(entry) for entry in record["data"][part]} for record in (first, second)
        ]
        only = [
            [name for content, name in images[mine].items() if content not in images[1 - mine]]
            for mine in (0, 1)
        ]
        for which, names in zip(("first", "second"), only, strict=True):
            if names:
                said.append(f"only the {which} run {verb} {_listed(names)}")
    splits = [_kept_back(record) for record in (first, second)]
    if splits[0] != splits[1] and not said:
        said.append(f"kept back: {_listed(splits[0])}, then {_listed(splits[1])}")
    return said


def _preprocessing(record: Record) -> Record:
    return {name: record["card"].get(name) for name in PREPROCESSING}


def _kept_back(record: Record) -> list[str]:
    return [entry["plane"] for entry in record["data"].get("kept_back", [])]


def _content(entry: Record) -> tuple[str, str]:
    return entry["image_sha256"], entry["mask_sha256"]


def _name(entry: Record) -> str:
    return str(entry["image"]).replace("\\", "/").rpartition("/")[2]


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "nothing" if value is None else str(value)
