"""Values as strict JSON, which knows neither NaN nor infinity: both are null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping


def json_line(value: object) -> str:
    r"""Return a value as one line of JSON, its end included.

    Examples
    --------
    >>> json_line({"text": "two\nlines"})
    '{"text": "two\\nlines"}\n'
    """
    return json.dumps(plain(value), allow_nan=False) + "\n"


def plain(value: object) -> object:
    """Return a value as strict JSON knows it.

    Examples
    --------
    >>> plain({"loss": float("nan"), "sizes": (1, 2)})
    {'loss': None, 'sizes': [1, 2]}
    """
    match value:
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
    return value
