"""The commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from rich.console import Console

from napari_cytounet import __version__
from napari_cytounet.cli.headings import heading
from napari_cytounet.cli.score_meanings import MEANINGS, OBJECT_MEANINGS, meanings
from napari_cytounet.cli.usage import explain_usage
from napari_cytounet.errors import CytounetError

COMMANDS = {
    "check": "Look for faults in images and masks before anything is learnt from them.",
    "explain": "Tell what a finding of the check or a score means, and how it is decided.",
    "train": "Train a U-Net from images and masks.",
    "predict": "Apply a model to images, folders and stacks of any size.",
    "threshold": "Make labels from probabilities or from raw images.",
    "evaluate": "Score predictions against truth, image by image and over all.\n\n"
    + "\n\n".join(meanings(MEANINGS | OBJECT_MEANINGS)),
    "measure": "Measure every object into one table: area, shape, place and intensity.",
    "compare": "Compare the objects of two conditions, image by image: effect sizes, and a plot.",
    "export": "Write objects for other programs: GeoJSON, ROI zip, COCO, VIA, Pascal VOC, LabelMe.",
    "simulate": "Find out how much you would have to paint: an annotator who knows the masks teaches a "
    "network.",
    "replay": "Train a run again from its record, and say whether the same comes out.",
    "methods": "Write the paragraph on methods for a paper, with citations, from the record of a run.",
    "report": "Write what a run learnt and how good it is as one HTML file, to be read in a browser.",
    "runs": "Show the runs kept so far, side by side; compare two, write a note on one, or archive it.",
    "speed": "Measure how long a training step takes here, to know what fits into your minutes.",
    "work": "Carry out the training that RUN/job.json asks for: what the napari plugin starts; also on "
    "another machine that shares the folder.",
    "trainer": "Learn from the strokes of a correction session while somebody paints; also on another "
    "machine that shares the folder.",
    "demo": "Do the whole job on sample data, real where it can be had, in under two minutes.",
    "doctor": "Show versions, measure the devices, and say what is missing and how to get it.",
}

WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "5000"}
"""How torch's threads wait for one another, unless the user's environment says: after a short look, asleep.

Threads that spin on, as is OpenMP's default, make a step a hundred times as long where other programs want
the cores; threads that sleep at once make it twice as long where none does (`benchmarks/README.md`).
"""

app = App(
    name="cytounet",
    help="Teach a U-Net to see your cells. Ctrl-C ends a command: train keeps the best network so far, "
    "predict and threshold the images that are finished.",
    version=__version__,
    group_parameters=heading("Options"),
    suppress_keyboard_interrupt=False,
)
for order, (command, summary) in enumerate(COMMANDS.items()):
    # By name, since importing all commands would take longer than the help may.
    app.command(f"napari_cytounet.cli.{command}:{command}", name=command, help=summary, sort_key=order)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Words after `cytounet`; those of the process if not given.

    Returns
    -------
    int
        Exit code: 0, 1 after an error that is explained on stderr, 2 if the command was not understood.
    """
    if not WAITING.keys() & os.environ.keys():
        os.environ.update(WAITING)  # torch reads it when it is loaded, which no command has done yet
    words = sys.argv[1:] if arguments is None else list(arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        app(words, exit_on_error=False, print_error=False, result_action="return_none")
    except CycloptsError as error:
        errors.print(explain_usage(error), style="red")
        return 2
    except CytounetError as error:
        errors.print(str(error), style="red")
        return 1
    except OSError as error:
        errors.print(f"The operating system refused: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        errors.print("Stopped.", style="red")
        return 1
    except (RuntimeError, MemoryError) as error:
        from napari_cytounet.unet.devices import is_out_of_memory  # here: it loads torch

        if not is_out_of_memory(error):
            raise
        errors.print(
            "There is not enough memory for this. Close other programs, cut the images into pieces, or use a "
            "smaller --batch-size (train) or --tile (predict).",
            style="red",
        )
        return 1
    return 0
