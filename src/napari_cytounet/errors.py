"""Errors written for the user: what happened, to which file or plane, and what to do about it.

Every error that a user can cause is a `CytounetError`; the command line prints its text and ends with
exit code 1, a widget shows it as a notification. Anything else that escapes is a bug of ours.
"""

from __future__ import annotations


class CytounetError(Exception):
    """Base of all errors that are meant to be read by the user."""


class ImageError(CytounetError):
    """A file cannot be read as an image, or its axes or size make no sense."""


class MaskError(CytounetError):
    """A mask cannot be understood, or what its values mean is ambiguous."""


class PairingError(CytounetError):
    """Images and masks do not find each other."""


class SettingsError(CytounetError):
    """Settings contradict each other or the data."""


class TrainingError(CytounetError):
    """Training cannot start or cannot go on."""


class ReplayError(CytounetError):
    """A run cannot be replayed, or its replay gave something else."""


class ModelFileError(CytounetError):
    """A model file is truncated, unsafe, of a newer version, or no model at all."""


class PredictionError(CytounetError):
    """A model cannot be applied to an image."""


class OutputError(CytounetError):
    """A result cannot be written: folder missing, not writable, full, or already there."""


class SampleError(CytounetError):
    """Sample data cannot be fetched."""


class Cancelled(CytounetError):
    """The user stopped the work before there was anything to keep."""
