"""The works that a training builds on, as reference lists and as BibTeX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A work to be cited.

    Attributes
    ----------
    authors, title, venue, year
        As a reference list has them; authors are parted by ` and `.
    doi
        Its DOI, empty if it has none.
    url
        Where it is, if it has no DOI.
    """

    authors: str
    title: str
    venue: str
    year: int
    doi: str = ""
    url: str = ""

    @property
    def link(self) -> str:
        """Where to find it."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    def as_text(self) -> str:
        """Return the reference in a line.

        Examples
        --------
        >>> Work("Ann Author and Bo Writer", "On cells", "Journal of Cells", 2020, doi="10.1/1").as_text()
        'Ann Author, Bo Writer: On cells. Journal of Cells, 2020. https://doi.org/10.1/1'
        """
        authors = self.authors.replace(" and ", ", ").replace(", others", " et al.")
        return f"{authors}: {self.title}. {self.venue}, {self.year}. {self.link}"

    def as_bibtex(self, key: str) -> str:
        """Return the reference as an entry of BibTeX."""
        fields = {
            "author": self.authors,
            "title": f"{{{self.title}}}",
            "howpublished": self.venue,
            "year": str(self.year),
            "doi": self.doi,
            "url": self.url,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@misc{{{key},", *lines, "}"])


WORKS: Mapping[str, Work] = {
    "unet": Work(
        "Olaf Ronneberger and Philipp Fischer and Thomas Brox",
        "U-Net: Convolutional Networks for Biomedical Image Segmentation",
        "MICCAI",
        2015,
        doi="10.1007/978-3-319-24574-4_28",
    ),
    "batchnorm": Work(
        "Sergey Ioffe and Christian Szegedy",
        "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
        "ICML",
        2015,
        url="https://arxiv.org/abs/1502.03167",
    ),
    "unshuffle": Work(
        "Wenzhe Shi and others",
        "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural "
        "Network",
        "CVPR",
        2016,
        doi="10.1109/CVPR.2016.207",
    ),
    "guided": Work(
        "Kaiming He and Jian Sun and Xiaoou Tang",
        "Guided Image Filtering",
        "IEEE Transactions on Pattern Analysis and Machine Intelligence",
        2013,
        doi="10.1109/TPAMI.2012.213",
    ),
    "dice": Work(
        "Fausto Milletari and Nassir Navab and Seyed-Ahmad Ahmadi",
        "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation",
        "3DV",
        2016,
        doi="10.1109/3DV.2016.79",
    ),
    "adamw": Work(
        "Ilya Loshchilov and Frank Hutter",
        "Decoupled Weight Decay Regularization",
        "ICLR",
        2019,
        url="https://arxiv.org/abs/1711.05101",
    ),
    "cosine": Work(
        "Ilya Loshchilov and Frank Hutter",
        "SGDR: Stochastic Gradient Descent with Warm Restarts",
        "ICLR",
        2017,
        url="https://arxiv.org/abs/1608.03983",
    ),
    "pytorch": Work(
        "Adam Paszke and others",
        "PyTorch: An Imperative Style, High-Performance Deep Learning Library",
        "NeurIPS",
        2019,
        url="https://arxiv.org/abs/1912.01703",
    ),
    "bootstrap": Work(
        "Bradley Efron",
        "Bootstrap Methods: Another Look at the Jackknife",
        "The Annals of Statistics 7",
        1979,
        doi="10.1214/aos/1176344552",
    ),
}


class References:
    """Numbers works in the order in which they are cited."""

    def __init__(self) -> None:
        self._keys: list[str] = []

    def cite(self, key: str) -> str:
        """Return the number of a work of `WORKS` in brackets.

        Examples
        --------
        >>> references = References()
        >>> references.cite("unet"), references.cite("adamw"), references.cite("unet")
        ('[1]', '[2]', '[1]')
        """
        if key not in self._keys:
            self._keys.append(key)
        return f"[{self._keys.index(key) + 1}]"

    def as_list(self) -> list[str]:
        """Return all that were cited, numbered."""
        return [f"{number}. {WORKS[key].as_text()}" for number, key in enumerate(self._keys, start=1)]

    def as_bibtex(self) -> str:
        """Return all that were cited as BibTeX."""
        return bibtex(self._keys)


def bibtex(keys: Iterable[str]) -> str:
    """Return works of `WORKS` as BibTeX."""
    return "\n\n".join(WORKS[key].as_bibtex(key) for key in keys)
