"""How the planes of a labels layer were made: noted in its metadata, and in the files that it is saved to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from napari.layers import Labels

from napari_cytounet.widgets.preferences import PLUGIN

SEGMENTATION = "segmentation"
"""Key in what a layer says of itself, and name of the tag in a file."""


def note_segmentation(
    layer: Labels, planes: Sequence[tuple[int, ...]], made_by: Sequence[Mapping[str, Any]]
) -> None:
    """Note what made some planes of a layer last; what was noted of other planes stays.

    Parameters
    ----------
    layer
        Its metadata gets the note: one entry a plane, with the index of the plane, the settings and the
        thresholds.
    planes
        Their indices in the layer.
    made_by
        What made each of them, as JSON can hold it.
    """
    said = dict(layer.metadata.get(PLUGIN, {}))
    entries = {tuple(entry["plane"]): entry for entry in said.get(SEGMENTATION, ())}
    entries |= {plane: {"plane": list(plane), **made} for plane, made in zip(planes, made_by, strict=True)}
    said[SEGMENTATION] = [entries[plane] for plane in sorted(entries)]
    layer.metadata[PLUGIN] = said


def segmentation_tags(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the tag for a file of labels that were made by a threshold; none for others.

    Parameters
    ----------
    metadata
        Of the layer.
    """
    said = metadata.get(PLUGIN)
    if not isinstance(said, Mapping) or SEGMENTATION not in said:
        return {}
    return {SEGMENTATION: json.dumps(said[SEGMENTATION])}
