"""How much harm a finding does."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How much harm a finding does.

    `high`: the network learns something wrong, or the scores lie. `medium`: it learns less than it could.
    `low`: worth a look. `note`: good to know.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Place in the order of harm, 0 the worst."""
        return list(Severity).index(self)
