"""Sample data: synthetic cells that need no network, and BBBC030 from the cytounet repository."""
