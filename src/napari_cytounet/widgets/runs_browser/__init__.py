"""Runs: the trainings kept so far, to be sorted, compared, written a note on, and archived."""
