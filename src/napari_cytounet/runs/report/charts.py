"""Charts as SVG, drawn by us: they take their colours from the page, light or dark."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 40
MOST_POINTS = 400
"""More points are drawn as means of neighbours."""


@dataclass(frozen=True)
class Series:
    """Points of one kind.

    Attributes
    ----------
    name
        For the legend.
    xs, ys
        Their places; points that are not finite are left out.
    style
        Class of its colour: `loss`, `score`, `other`.
    dots
        Whether the points themselves are drawn.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    style: str
    dots: bool = False


@dataclass(frozen=True)
class Line:
    """A line across the whole chart: upright at a place of x, or flat at one of y."""

    name: str
    at: float
    upright: bool


def line_chart(
    series: Sequence[Series],
    *,
    x: str,
    y: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    lines: Sequence[Line] = (),
) -> str:
    """Return a chart of lines as SVG.

    Parameters
    ----------
    series
        At least one point in all of them together.
    x, y
        What the axes show.
    x_range, y_range
        Lowest and highest value of the axes; those of the points if not given.
    lines
        Drawn across.
    """
    drawn = [_thinned(one) for one in series]
    xs = [value for one in drawn for value in one.xs]
    ys = [value for one in drawn for value in one.ys]
    across = _Axis(*(x_range or (min(xs), max(xs))), LEFT, WIDTH - RIGHT)
    low, high = y_range or (min(0.0, *ys), max(ys))
    up = _Axis(low, high, HEIGHT - BOTTOM, TOP)
    parts = [*_grid(across, up, x, y)]
    parts += [_line(line, across, up) for line in lines]
    for one in drawn:
        places = [(across.at(px), up.at(py)) for px, py in zip(one.xs, one.ys, strict=True)]
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
        parts.append(f'<polyline class="line {one.style}" points="{points}"/>')
        if one.dots:
            parts += [
                f'<circle class="dot {one.style}" cx="{px:.1f}" cy="{py:.1f}" r="3.5">'
                f"<title>{vx:g}: {vy:.3f}</title></circle>"
                for (px, py), vx, vy in zip(places, one.xs, one.ys, strict=True)
            ]
    named = ", ".join(one.name for one in series)
    return _svg(parts, f"{named} over {x}")


def strip_chart(values: dict[str, float], *, x: str, lines: Sequence[Line] = ()) -> str:
    """Return named values from 0 to 1 as dots along one axis, which move apart where they are dense."""
    height = 120
    across, middle = _Axis(0, 1, LEFT, WIDTH - RIGHT), (height - BOTTOM + TOP) / 2
    parts = [*_ticks_along(across, height - BOTTOM, x)]
    parts += [
        f'<line class="mark" x1="{across.at(line.at):.1f}" x2="{across.at(line.at):.1f}" y1="{TOP}" '
        f'y2="{height - BOTTOM}"><title>{escape(line.name)}: {line.at:.3f}</title></line>'
        for line in lines
    ]
    seen: dict[int, int] = {}
    for name, value in sorted(values.items(), key=lambda item: item[1]):
        place = across.at(value)
        slot = round(place / 8)
        rank = seen[slot] = seen.get(slot, -1) + 1
        offset = (rank + 1) // 2 * 9 * (1 if rank % 2 else -1)
        height_of_dot = min(max(middle + offset, TOP), height - BOTTOM)
        parts.append(
            f'<circle class="dot score" cx="{place:.1f}" cy="{height_of_dot:.1f}" r="4.5">'
            f"<title>{escape(name)}: {value:.3f}</title></circle>"
        )
    return _svg(parts, f"{x} of each image", height)


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from low to high.

    Examples
    --------
    >>> nice_ticks(0, 0.93)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    >>> nice_ticks(1, 437)
    [100.0, 200.0, 300.0, 400.0]
    """
    span = high - low
    if span / about < sys.float_info.min:  # nothing, or too little to be divided
        return [low]
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= about)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]


class _Axis:
    """Brings values to places on the page."""

    def __init__(self, low: float, high: float, start: float, stop: float) -> None:
        self.low, self.high = low, high if high > low else low + 1
        self._start, self._stop = start, stop

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self._start + min(max(share, 0.0), 1.0) * (self._stop - self._start)


def _grid(across: _Axis, up: _Axis, x: str, y: str) -> list[str]:
    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up.at(tick):.1f}" y2="{up.at(tick):.1f}"/>'
        f'<text class="tick" text-anchor="end" x="{LEFT - 8}" y="{up.at(tick) + 4:.1f}">{tick:g}</text>'
        for tick in nice_ticks(up.low, up.high)
    ]
    parts += _ticks_along(across, HEIGHT - BOTTOM, x)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 14 {middle:.0f})" x="14" y="{middle:.0f}"'
    return [*parts, f'<text class="label" text-anchor="middle" {turned}>{escape(y)}</text>']


def _ticks_along(across: _Axis, bottom: float, x: str) -> list[str]:
    ticks = [
        f'<text class="tick" text-anchor="middle" x="{across.at(tick):.1f}" y="{bottom + 16:.0f}">'
        f"{tick:g}</text>"
        for tick in nice_ticks(across.low, across.high, 8)
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>',
        *ticks,
        f'<text class="label" text-anchor="middle" x="{middle:.0f}" y="{bottom + 34:.0f}">{escape(x)}</text>',
    ]


def _line(line: Line, across: _Axis, up: _Axis) -> str:
    if line.upright:
        ends = (
            f'x1="{across.at(line.at):.1f}" x2="{across.at(line.at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"'
        )
    else:
        ends = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up.at(line.at):.1f}" y2="{up.at(line.at):.1f}"'
    return f'<line class="mark" {ends}><title>{escape(line.name)}: {line.at:.3g}</title></line>'


def _thinned(series: Series) -> Series:
    pairs = [(x, y) for x, y in zip(series.xs, series.ys, strict=True) if math.isfinite(y)]
    width = -(-len(pairs) // MOST_POINTS) or 1
    groups = [pairs[start : start + width] for start in range(0, len(pairs), width)]
    means = [tuple(sum(values) / len(group) for values in zip(*group, strict=True)) for group in groups]
    return Series(series.name, [x for x, _ in means], [y for _, y in means], series.style, series.dots)


def _svg(parts: Sequence[str], label: str, height: int = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )
