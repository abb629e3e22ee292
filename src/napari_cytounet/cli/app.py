"""The commands, and what becomes of their errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from rich.console import Console

from napari_cytounet import __version__
from napari_cytounet.cli.options import heading
from napari_cytounet.cli.usage import explain_usage
from napari_cytounet.errors import CytounetError

COMMANDS = ("train", "predict", "threshold", "evaluate", "measure", "runs", "demo", "doctor")

app = App(
    name="cytounet",
    help="Teach a U-Net to see your cells: train, predict, threshold, evaluate and measure.",
    version=__version__,
    group_parameters=heading("Options"),
    suppress_keyboard_interrupt=False,
)
for command in COMMANDS:
    # By name: a command is imported when it is called or its help is shown.
    app.command(f"napari_cytounet.cli.{command}:{command}", name=command)


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
    return 0
