"""`cytounet explain`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.errors import SettingsError


def explain(
    *names: Annotated[str, Parameter(allow_leading_hyphen=False)],
    output: Output = OutputOptions(),
) -> None:
    """Print what findings and scores mean; without names, one line for each that there is.

    Parameters
    ----------
    names
        Codes of findings, such as boundary-offset, or names of scores, such as average_precision.
    """
    from napari_cytounet.measurement.explanations import EXPLANATIONS
    from napari_cytounet.quality.codes import CODES

    known = {code: kind.title for code, kind in CODES.items()}
    known |= {name: explanation.title for name, explanation in EXPLANATIONS.items()}
    if unknown := [name for name in names if name not in known]:
        raise SettingsError(
            f"There is no finding or score {', '.join(unknown)}. `cytounet explain` lists all that there are."
        )
    if not names:
        width = max(map(len, known))
        lines = [f"{name:{width}}  {title}" for name, title in known.items()]
        print_result(known, output, Text("\n".join(lines)))
        return
    told = {name: meaning(name) for name in names}
    print_result(told, output, Text("\n\n".join(told.values())))


def meaning(name: str) -> str:
    """Return all that is to be said of a finding or a score.

    Examples
    --------
    >>> meaning("iou")[:49]
    'IoU: the shared area, by the area of either (TP /'
    """
    from napari_cytounet.measurement.explanations import EXPLANATIONS
    from napari_cytounet.quality.codes import CODES
    from napari_cytounet.quality.decided import DECIDED

    if name in EXPLANATIONS:
        return EXPLANATIONS[name].describe()
    kind = CODES[name]
    return (
        f"{name}: {kind.title} ({kind.severity.value}).\n"
        f"  Why it matters: {kind.why}\n"
        f"  What to do: {kind.advice}\n"
        f"  How it is decided: {DECIDED[name]}"
    )
