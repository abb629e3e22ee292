"""The headings under which the help lists options."""

from __future__ import annotations

from cyclopts import Group

HEADINGS = (
    "Options",
    "Training",
    "Prediction",
    "Threshold",
    "Scores",
    "Measurements",
    "Comparison",
    "Simulation",
    "Masks",
    "Images",
    "Network",
    "Loss",
    "Objects",
    "Optimiser",
    "Augmentation",
    "Device",
    "Printing",
)
"""Headings of the help, in their order."""


def heading(title: str) -> Group:
    """Return the group of options under one of `HEADINGS`."""
    return Group(title, sort_key=HEADINGS.index(title))
