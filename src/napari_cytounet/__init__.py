"""Teach a U-Net to see your cells: train, predict, threshold, evaluate and measure.

The public functions are loaded when they are first used, so that importing this package loads neither
torch nor Qt.
"""

from __future__ import annotations

__version__ = "0.1.0"
