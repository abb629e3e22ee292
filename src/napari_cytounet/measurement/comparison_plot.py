"""Two conditions as a picture: every image a dot, and a bar at their mean."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_cytounet.measurement.effect_size import Effect
    from napari_cytounet.measurement.table_reading import ImageValues

WIDTH, HEIGHT, ACROSS = 240, 260, 4
"""Pixels of one panel, and panels in a row."""

_TOP, _BOTTOM, _LEFT = 58, 225, 60
_COLOURS = ("#0072b2", "#d55e00")  # told apart by all eyes (Okabe and Ito)


def plot_comparison(
    names: tuple[str, str], values: tuple[ImageValues, ImageValues], effects: Sequence[Effect]
) -> str:
    """Draw a panel for each quantity.

    Returns
    -------
    str
        An SVG document. Dots stand beside each other where they would hide each other.
    """
    rows = -(-len(effects) // ACROSS)
    panels = []
    for number, effect in enumerate(effects):
        row, column = divmod(number, ACROSS)
        sides = [side.quantities[effect.quantity] for side in values]
        panels.append(
            f'<g transform="translate({column * WIDTH},{row * HEIGHT})">{_panel(names, sides, effect)}</g>'
        )
    width, height = WIDTH * min(len(effects), ACROSS), HEIGHT * rows
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="white"/>{"".join(panels)}</svg>\n'
    )


def _panel(names: tuple[str, str], sides: Sequence[NDArray[np.float64]], effect: Effect) -> str:
    known = [side[np.isfinite(side)] for side in sides]
    together = np.concatenate(known)
    low, high = (float(together.min()), float(together.max())) if len(together) else (0.0, 1.0)
    span = high - low or 1.0

    def y(value: float) -> float:
        return _BOTTOM - (value - low) / span * (_BOTTOM - _TOP)

    title = f'<text x="{WIDTH / 2}" text-anchor="middle" y='
    drawn = [
        f'{title}"18" font-weight="bold">{escape(effect.quantity)}</text>',
        f'{title}"34" fill="#555">{escape(_describe(effect))}</text>',
        f'<path d="M{_LEFT} {_TOP}V{_BOTTOM}" stroke="#999"/>',
        *(
            f'<text x="{_LEFT - 4}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
            for value in (low, high)
        ),
    ]
    for number, (name, side) in enumerate(zip(names, known, strict=True)):
        centre, colour = _LEFT + 45 + 85 * number, _COLOURS[number]
        for value, shift in zip(side.tolist(), _beside_each_other(side, span), strict=True):
            drawn.append(
                f'<circle cx="{centre + shift:.1f}" cy="{y(value):.1f}" r="3" fill="{colour}" opacity="0.7"/>'
            )
        if len(side):
            mean = y(float(side.mean()))
            drawn.append(
                f'<path d="M{centre - 22} {mean:.1f}H{centre + 22}" stroke="{colour}" stroke-width="2"/>'
            )
        label = name if len(name) <= 16 else name[:15] + "…"
        drawn.append(f'<text x="{centre}" y="{_BOTTOM + 18}" text-anchor="middle">{escape(label)}</text>')
    return "".join(drawn)


def _beside_each_other(values: NDArray[np.float64], span: float) -> list[float]:
    """Return how far each dot moves aside, so that those of nearly the same height are all seen."""
    heights = np.rint(values / span * 25).astype(int).tolist()
    seen: dict[int, int] = {}
    shifts = []
    for height in heights:
        place = seen[height] = seen.get(height, -1) + 1
        shifts.append((place + 1) // 2 * 6.5 * (-1) ** place)
    return [float(np.clip(shift, -36, 36)) for shift in shifts]


def _describe(effect: Effect) -> str:
    if effect.hedges_g_interval is None or not np.isfinite(effect.hedges_g):
        return f"Cliff's δ {effect.cliffs_delta:.2f}"
    low, high = effect.hedges_g_interval
    return f"Hedges' g {effect.hedges_g:.2f} ({low:.2f} to {high:.2f})"
