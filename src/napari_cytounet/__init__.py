"""Teach a U-Net to see your cells: check data, train, predict, threshold, evaluate and measure.

The public functions (see `__init__.pyi`) are loaded when they are first used, so that importing this package
loads neither torch nor Qt.
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
