"""Scores against truth, and objects into tables. Nothing here needs torch."""
