"""Events go through JSON and come back."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from napari_cytounet.events import Event, Failed, Finished, Previewed, TileDone, Validated, event_from_dict
from napari_cytounet.strict_json import json_line, plain

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    NUMBERS | st.text(), lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside)
)
RESULTS = st.builds(Finished, result=st.dictionaries(st.text(), VALUES))
OTHERS = [kind for kind in Event.__subclasses__() if kind is not Finished]
EVENTS: st.SearchStrategy[Event] = st.one_of(RESULTS, *map(st.builds, OTHERS))


def _with_nan(value: Any) -> Any:
    """Return a value of an event as it is after JSON, which knows neither NaN nor infinity."""
    return math.nan if isinstance(value, float) and not math.isfinite(value) else value


@given(EVENTS)
def test_an_event_comes_back_from_json(event: Event) -> None:
    if isinstance(event, Previewed):
        assume(all(map(math.isfinite, event.rows + event.columns)))
    line = json_line(event.as_dict())
    assert line.count("\n") == 1
    back = event_from_dict(json.loads(line))
    assert type(back) is type(event)
    assert repr(back) == repr(type(event)(**{k: _with_nan(v) for k, v in vars(event).items()}))


def test_numbers_that_json_does_not_know_come_back_as_nan() -> None:
    back = event_from_dict(json.loads(json_line(Validated(3, 1.5, math.nan, best=True).as_dict())))
    assert isinstance(back, Validated)
    assert math.isnan(back.dice)
    assert (back.step, back.seconds, back.best) == (3, 1.5, True)
    assert plain(math.inf) is None


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="'Danced' is no event"):
        event_from_dict({"event": "Danced"})
    with pytest.raises(ValueError, match="no TileDone"):
        event_from_dict({"event": "TileDone", "name": "cells"})
    assert event_from_dict({"event": "Failed", "text": "full"}) == Failed("full")
    later = {"event": "TileDone", "name": "cells", "done": 1, "total": 4, "colour": "of a later version"}
    assert event_from_dict(later) == TileDone("cells", 1, 4)
