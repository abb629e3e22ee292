"""`cytounet check`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.text import Text

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Masks, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import CheckSettings, ImageSettings, MaskSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_cytounet.quality.checking import CheckResult
    from napari_cytounet.quality.findings import Finding

STYLES = {"high": "bold red", "medium": "yellow", "low": "cyan", "note": "dim"}
MOST_PLACES = 12
"""Places of one kind of finding that are listed; --json lists them all."""


def check(
    images: Path,
    masks: Path | None = None,
    /,
    *,
    validation: Annotated[tuple[Path, Path] | None, Parameter(negative=())] = None,
    fix: Annotated[bool, Parameter(negative=())] = False,
    out: Path | None = None,
    check: Annotated[CheckSettings, options_of("Check")] = CheckSettings(),
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Check, and print the findings in order of harm.

    Parameters
    ----------
    images
        Folder of images, one image, or a folder that holds train/images and train/masks (and
        validation/images, validation/masks).
    masks
        Folder of masks, or one mask; found beside the images if not given.
    validation
        Images and masks that are kept back for validation.
    fix
        Write corrected copies to OUT where a correction is safe, and all other files as they are: the
        originals stay untouched.
    out
        New folder for the copies.
    """
    from napari_cytounet.quality.checking import checking

    if fix != (out is not None):
        raise SettingsError("--fix needs a new folder for the copies: --fix --out FOLDER.")
    result = run_job(
        lambda cancel: checking(
            images,
            masks,
            validation=validation,
            settings=check,
            mask_settings=mask_settings,
            image_settings=image_settings,
            cancel=cancel,
        ),
        output,
    )
    if out is None:
        print_result(result.as_dict(), output, findings_text(result))
        return
    from napari_cytounet.quality.fixing import fixing

    fixed = run_job(
        lambda cancel: fixing(
            result,
            out,
            images=images,
            masks=masks,
            validation=validation,
            mask_settings=mask_settings,
            image_settings=image_settings,
            cancel=cancel,
        ),
        output,
    )
    shown = Group(findings_text(result), "", *fixed.lines())
    print_result(result.as_dict() | {"fixed": fixed.as_dict()}, output, shown)


def findings_text(result: CheckResult) -> RenderableType:
    """Return the findings as people read them: each kind once, with all of its places."""
    looked = f"Looked at {_count(result.images, 'image')} and {_count(result.masks, 'mask')}."
    if not result.findings:
        return f"{looked} Nothing is wrong with them that this check knows of."
    parts: list[RenderableType] = []
    for (severity, code), group in groupby(result.findings, lambda finding: (finding.severity, finding.code)):
        parts += _kind_text(severity.value, code, list(group))
    counts = ", ".join(f"{number} {severity}" for severity, number in result.severities().items())
    parts.append(f"{looked} Findings: {counts}. `cytounet explain CODE` tells how it is decided.")
    parts += result.notes
    return Group(*parts)


def _kind_text(severity: str, code: str, findings: Sequence[Finding]) -> list[RenderableType]:
    from napari_cytounet.quality.codes import CODES

    first = findings[0]
    heading = Text.assemble(
        (severity.upper(), STYLES[severity]), f"  {CODES[code].title}  ", (f"[{code}]", "dim")
    )
    places = [f"  {finding.where}: {finding.what}" for finding in findings[:MOST_PLACES]]
    if len(findings) > MOST_PLACES:
        places.append(f"  and {len(findings) - MOST_PLACES} more (--json lists them all)")
    fixable = sum(bool(finding.fix) for finding in findings)
    offered = f" --fix writes {next(filter(None, (f.fix for f in findings)))}." if fixable else ""
    return [
        heading,
        *places,
        f"  Why: {first.why}",
        f"  Do: {first.advice}{'' if '--fix' in first.advice else offered}",
        "",
    ]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
