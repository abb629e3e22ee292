"""Correcting a network while it learns: strokes in, better versions out. Knows no window."""
