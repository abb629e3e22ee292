"""`python -m napari_cytounet` is the same as `cytounet`."""

from __future__ import annotations

import sys

from napari_cytounet.cli import main

sys.exit(main())
