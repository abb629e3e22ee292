"""`cytounet demo`."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.cli.options import Output, OutputOptions


def demo(*, out: Path = Path("demo"), output: Output = OutputOptions()) -> None:
    """Do the whole job on sample data, in under two minutes: train, predict, threshold, evaluate, measure.

    The images are real ones where they can be had (BBBC030, from the folder that CYTOUNET_DATA names or from
    the network), else synthetic; it says which.

    Parameters
    ----------
    out
        Folder for the results; every demonstration gets one of its own in it.
    """
    raise NotImplementedError
