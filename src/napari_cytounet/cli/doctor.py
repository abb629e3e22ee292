"""`cytounet doctor`."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result


def doctor(*, output: Output = OutputOptions()) -> None:
    """Examine this computer, and print what was found."""
    from napari_cytounet.runs.doctor import examining

    found = run_job(lambda cancel: examining(cancel=cancel), output)
    environment = dict(found.environment)
    packages = environment.pop("packages")
    versions = Table("what", "which", box=None)
    for what, which in {**environment, **packages}.items():
        versions.add_row(what, str(which))
    devices = Table("device", "training steps a second", "predicted megapixels a second", box=None)
    for device in found.devices:
        mark = " (chosen by auto)" if device.chosen else ""
        devices.add_row(
            device.name + mark, f"{device.steps_per_second:.1f}", f"{device.megapixels_per_second:.1f}"
        )
    advice = Text("\n".join(found.missing) or "Nothing is missing.")
    print_result(found.as_dict(), output, Group(versions, "", devices, "", advice))
