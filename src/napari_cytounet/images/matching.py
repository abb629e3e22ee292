"""Names that belong together: the same, or the same but for what all of a kind begin or end with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# Where a word of a name ends: after a separator, or between letters and digits.
_BOUNDARY = re.compile(r"(?<=[_\-. ])(?=.)|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def match_equal(images: Sequence[str], masks: Sequence[str]) -> dict[str, str]:
    """Match names that are the same.

    Returns
    -------
    dict
        From the names of images to those of their masks, as far as they match.
    """
    return {name: name for name in images if name in set(masks)}


def match_without_affixes(images: Sequence[str], masks: Sequence[str]) -> dict[str, str]:
    """Match names that are the same without a prefix, or suffix, that all images share and one of all masks.

    Affixes are whole words, as in `img_1` / `msk_1`, or `day 3` / `day 3 mask`; those are taken without
    which most names match.

    Parameters
    ----------
    images, masks
        Stems of the files, each once.

    Returns
    -------
    dict
        From the names of images to those of their masks, as far as they match.

    Examples
    --------
    >>> match_without_affixes(["img_1", "img_2"], ["msk_1", "msk_2"])
    {'img_1': 'msk_1', 'img_2': 'msk_2'}
    """
    return max(_all_matches(images, masks), key=len)


def _all_matches(images: Sequence[str], masks: Sequence[str]) -> Iterator[dict[str, str]]:
    for shared, strip in ((_shared_prefixes, str.removeprefix), (_shared_suffixes, str.removesuffix)):
        for mask_affix in shared(masks):
            mask_of = {strip(name, mask_affix): name for name in masks}
            for image_affix in shared(images):
                key_of = {name: strip(name, image_affix) for name in images}
                yield {name: mask_of[key] for name, key in key_of.items() if key in mask_of}


def _shared_prefixes(names: Sequence[str]) -> list[str]:
    """Return what all names begin with, up to every end of a word; first of all nothing."""
    ends = set.intersection(*({match.start() for match in _BOUNDARY.finditer(name)} for name in names))
    prefixes = [names[0][:end] for end in sorted(ends)]
    return ["", *(prefix for prefix in prefixes if all(name.startswith(prefix) for name in names))]


def _shared_suffixes(names: Sequence[str]) -> list[str]:
    """Return what all names end with, from every beginning of a word; first of all nothing."""
    return [suffix[::-1] for suffix in _shared_prefixes([name[::-1] for name in names])]
