"""Names of image files: stems without double suffixes, and the order in which people number them."""

from __future__ import annotations

import re
from pathlib import Path


def image_stem(path: Path) -> str:
    """Return the name of an image file without its suffix, and without `.ome` before it.

    Examples
    --------
    >>> image_stem(Path("plate/cells.ome.tif")), image_stem(Path("day.2.png"))
    ('cells', 'day.2')
    """
    return path.stem[:-4] if path.stem.lower().endswith(".ome") else path.stem


def natural_key(path: Path) -> list[tuple[int, int | str]]:
    """Sort key under which `img_2` comes before `img_10`.

    Examples
    --------
    >>> [path.name for path in sorted([Path("img_10"), Path("img_2")], key=natural_key)]
    ['img_2', 'img_10']
    """
    parts = re.split(r"([0-9]+)", path.name.casefold())
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part] + [(1, path.name)]
