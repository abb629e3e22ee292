"""`cytounet demo`."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result


def demo(*, out: Path = Path("demo"), output: Output = OutputOptions()) -> None:
    """Demonstrate, and print what came out.

    Parameters
    ----------
    out
        Folder for the results; every demonstration gets one of its own in it.
    """
    from napari_cytounet.quality.first_look import first_look
    from napari_cytounet.runs.demo import demonstrating

    result = run_job(lambda cancel: demonstrating(out, look=first_look, cancel=cancel), output)
    dice, objects = result.evaluated.scores["dice"], result.measured.objects
    print_result(
        result.as_dict(),
        output,
        f"In {result.seconds:.0f} s, on {result.sample}:\n"
        f"  trained    {result.trained.steps} steps; the model is {result.trained.model}\n"
        f"  evaluated  Dice {dice.pooled:.3f} on {dice.images} images that it had never seen\n"
        f"  measured   {objects} cells; their table is {result.measured.path}",
    )
