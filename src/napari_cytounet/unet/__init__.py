"""The network, and all that trains it and runs it."""

from __future__ import annotations

import os

# Large arrays come from Linux in pages of 2 MB: in those of 4 kB, getting them took a tenth of the time of a
# network on a CPU. Torch looks for this when it makes its first array, not while it is imported.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
