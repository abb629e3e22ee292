"""Why a training has this loss and this regularisation, and what would change with another."""

from __future__ import annotations

from dataclasses import dataclass

from napari_cytounet.settings.training import TrainSettings


@dataclass(frozen=True)
class Reason:
    """A choice and its reason.

    Attributes
    ----------
    what
        What was chosen.
    why
        Why it is good for this, and what would change with another.
    """

    what: str
    why: str


LOSSES = {
    "cross_entropy+dice": (
        "Cross-entropy teaches every pixel from the first step and gives smooth curves; soft Dice keeps "
        "small foreground from being drowned by background. Cross-entropy alone gives probabilities that "
        "can be taken at their word, but learns rare classes late; Dice alone learns them early, but with "
        "probabilities near 0 and 1 only, and a loss that jumps."
    ),
    "cross_entropy": (
        "Every pixel counts the same: probabilities can be taken at their word. Where objects cover little "
        "of the images the network may find nothing for long; add Dice (cross_entropy+dice) then."
    ),
    "dice": (
        "Foreground counts the same however little of it there is. Probabilities come out near 0 and 1, so "
        "that the threshold says little, and the loss jumps where a batch holds few objects; add "
        "cross-entropy (cross_entropy+dice) for smoother learning."
    ),
}
"""Why to choose each loss."""


def reasons_for(settings: TrainSettings) -> list[Reason]:
    """Return the reasons for the loss and the regularisation of a training.

    Parameters
    ----------
    settings
        With the preset applied.

    Examples
    --------
    >>> [reason.what for reason in reasons_for(TrainSettings())][:2]
    ['Loss: cross_entropy+dice.', 'Weight decay (L2): 0.0001.']
    """
    return [
        Reason(f"Loss: {settings.loss.loss}.", LOSSES[settings.loss.loss]),
        *_border(settings),
        *_penalties(settings),
        _average(settings),
        _variation(settings),
    ]


def _border(settings: TrainSettings) -> list[Reason]:
    if not settings.loss.border_weight:
        return []
    return [
        Reason(
            f"Border weight: {settings.loss.border_weight:g}.",
            "The gaps between neighbouring objects count more, so that these stay apart. Outlines become a "
            "little thinner than they are; without it, touching objects merge more often.",
        )
    ]


def _penalties(settings: TrainSettings) -> list[Reason]:
    optimiser = settings.optimiser
    decay = Reason(
        f"Weight decay (L2): {optimiser.l2:g}.",
        "It pulls all weights towards 0, so that no single one decides. More of it helps where the curves "
        "fall apart (few images, long training); too much keeps the loss high. 0 switches it off.",
    )
    if not optimiser.l1:
        return [decay]
    return [
        decay,
        Reason(
            f"L1 penalty: {optimiser.l1:g}.",
            "It pulls most weights to exactly 0, which leaves a simpler network. It is harsher than weight "
            "decay: use it only where that does not suffice.",
        ),
    ]


def _average(settings: TrainSettings) -> Reason:
    kept = settings.optimiser.averaging
    if not kept:
        return Reason("Averaging: off.", "The last weights are scored as they are: the score jumps more.")
    return Reason(
        f"Averaging: {kept:g}.",
        f"What is scored and kept is the running average over about {1 / (1 - kept):.0f} steps, which is "
        "steadier than the weights of any one of them. In very short trainings it lags behind: lower it "
        "there.",
    )


def _variation(settings: TrainSettings) -> Reason:
    augmentation = settings.augmentation
    varied = [
        name
        for name, is_on in {
            "mirrored": augmentation.flip,
            "turned": augmentation.rotate,
            "magnified": augmentation.scale != (1, 1),
            "changed in contrast and brightness": augmentation.contrast or augmentation.brightness,
            "bent in gamma": augmentation.gamma,
            "made noisy": augmentation.noise,
            "blurred": augmentation.blur,
        }.items()
        if is_on
    ]
    if not varied:
        return Reason(
            "Variation: none.", "The network sees each patch as it is, and learns few images by heart soon."
        )
    return Reason(
        f"Variation: patches are {', '.join(varied)}.",
        "It stands in for images that you do not have, and is the strongest remedy against learning by "
        "heart. Switch off what never happens in your images (turning, where objects always lie the same "
        "way), and add noise or blur only if new images are noisier or less sharp than these.",
    )
