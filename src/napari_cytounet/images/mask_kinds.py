"""Which kind of mask a folder holds: guessed where only one kind fits, else the user is asked."""

from __future__ import annotations

from napari_cytounet.errors import MaskError
from napari_cytounet.images.mask_pieces import FEW_VALUES
from napari_cytounet.images.mask_statistics import MOST_VALUES, MaskStatistics
from napari_cytounet.images.mask_values import as_mask_value
from napari_cytounet.settings import MaskKind, MaskSettings

PREVAILING = 0.99
"""Share of the foreground that a value must hold for all others to be taken for slips."""


def guess_kind(statistics: MaskStatistics, settings: MaskSettings, folder: str) -> tuple[MaskKind, str]:
    """Tell the kind of mask that fits a folder, and why.

    Parameters
    ----------
    statistics
        Of all masks of the folder.
    settings
        Its `masks` is None.
    folder
        Its name, for messages.

    Raises
    ------
    MaskError
        If no kind fits, or if two kinds fit that would give different results.
    """
    fitting = _fitting_kinds(statistics, settings)
    if not fitting:
        raise MaskError(
            f"The masks in {folder} hold {_values(statistics)} in many pieces each: too many for classes, "
            "and no labels of single objects. If the values are intensities, make masks of them with "
            "`cytounet threshold`; if everything that is not 0 is foreground, say --masks binary."
        )
    if len(fitting) > 1:
        meanings = ", or ".join(f"{kind} ({why})" for kind, why in fitting.items())
        options = " or ".join(f"--masks {kind}" for kind in fitting)
        raise MaskError(
            f"The masks in {folder} can be read in more than one way: {meanings}. Say which: {options}."
        )
    return next(iter(fitting.items()))


def check_kind(kind: MaskKind, statistics: MaskStatistics, folder: str) -> str:
    """Check that the kind of mask that the user named is possible, and return the reason for the record.

    Raises
    ------
    MaskError
        If it is not.
    """
    if kind is MaskKind.CLASSES and len(statistics.values) > MOST_VALUES:
        raise MaskError(
            f"The masks in {folder} hold {_values(statistics)}, too many for classes. If each value is one "
            "object, say --masks instances."
        )
    if kind is MaskKind.INSTANCES and not _labels_are_whole(statistics):
        raise MaskError(
            f"The masks in {folder} are no instances: of {statistics.labels} labels (counted once a plane) "
            f"{statistics.labels - statistics.whole_labels} lie in several pieces, and an object is one "
            "piece. Say --masks binary if everything that is not 0 is foreground, or --masks classes if each "
            "value is a class."
        )
    if kind is MaskKind.OUTLINES and statistics.foreground > statistics.background:
        raise MaskError(
            f"The lines in the masks in {folder} cover more than half of the pixels. If they are dark on a "
            "bright ground, add --invert; if they are no lines, say --masks binary."
        )
    if kind is MaskKind.OUTLINES and not statistics.enclosed:
        raise MaskError(
            f"The masks in {folder} hold no closed outline, so there is nothing to fill. If the objects are "
            "filled already, say --masks binary; if the rings have gaps, close them."
        )
    return "as you said"


def _fitting_kinds(statistics: MaskStatistics, settings: MaskSettings) -> dict[MaskKind, str]:
    """Return the kinds that fit, each with the reason."""
    count = len(statistics.values)
    value, pixels = statistics.values.most_common(1)[0]
    one_prevails = pixels >= PREVAILING * statistics.values.total()
    # Most planes must be rings: a few of them among filled masks are slips of the pen.
    if one_prevails and statistics.ring_planes > statistics.planes / 2:
        return {
            MaskKind.BINARY: "the thin closed lines themselves are the foreground",
            MaskKind.OUTLINES: "the lines are drawn around objects and would be filled",
        }
    if count == 1:
        return {
            MaskKind.BINARY: f"the masks hold 0 and {_values(statistics)}{_inversion(statistics, settings)}"
        }

    fitting: dict[MaskKind, str] = {}
    if statistics.one_value_each:
        fitting[MaskKind.BINARY] = "no mask holds more than one value besides 0"
    elif one_prevails:
        others = statistics.values.total() - pixels
        fitting[MaskKind.BINARY] = f"all but {others} pixels of the foreground hold {as_mask_value(value)}"
    if count <= FEW_VALUES:
        fitting[MaskKind.CLASSES] = f"each value a class: {_values(statistics)}"
    if statistics.one_value_each or _labels_are_whole(statistics):
        fitting[MaskKind.INSTANCES] = "each value an object"
        if statistics.labels:
            fitting[MaskKind.INSTANCES] += f": {statistics.whole_labels} of {statistics.labels} are one piece"
    return fitting


def _labels_are_whole(statistics: MaskStatistics) -> bool:
    """Tell whether labels are mostly one piece each.

    Half of them is little: objects cut by a plane, and segmentations with errors, lie in pieces. Classes of
    several objects hardly ever lie in one, and what few of them could be either is asked, not guessed.
    """
    return statistics.labels > 0 and statistics.whole_labels >= statistics.labels / 2


def _values(statistics: MaskStatistics) -> str:
    count = len(statistics.values)
    if count > FEW_VALUES:
        return f"{count if count <= MOST_VALUES else f'more than {MOST_VALUES}'} different values besides 0"
    return ", ".join(str(as_mask_value(value)) for value in sorted(statistics.values))


def _inversion(statistics: MaskStatistics, settings: MaskSettings) -> str:
    """Warn of a foreground that may be the background."""
    if settings.invert:
        return ", and 0 is the foreground as you said"
    share = statistics.foreground / (statistics.foreground + statistics.background)
    return f", {share:.0%} of the pixels foreground: add --invert if the objects are 0" if share > 0.5 else ""
