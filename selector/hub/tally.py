# SPDX-License-Identifier: Apache-2.0
"""How many models each filter of a search took away. Pure.

Two countings, because one model can be taken away by several filters:

- ``removed`` counts every model once, under the first filter of ORDER that takes it away, so that
  ``scanned == shown + sum(removed.values())``.
- ``filters`` counts it under each. ``hidden`` is how many models ``show`` brings back when it names
  this filter too; ``alone`` how many of them no other filter takes away, which come back when only
  this one is widened. ``shown`` is how many it would take away that are shown all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilterCount:
    """What one filter took away, see the top of this module."""

    hidden: int
    alone: int
    shown: int = 0

    def to_json(self) -> dict[str, int]:
        """Every count."""
        return {"hidden": self.hidden, "alone": self.alone, "shown": self.shown}


class Tally:
    """Counts while a search goes through its models."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[str, ...]] = Counter()
        self._shown: Counter[str] = Counter()

    def add(self, keys: tuple[str, ...], n: int = 1) -> None:
        """``n`` models are not shown, because of each of ``keys``."""
        if n:
            self._taken[keys] += n

    def bring(self, keys: tuple[str, ...], n: int = 1) -> None:
        """``n`` models are shown although ``keys`` would take them away."""
        if n:
            self._shown.update(dict.fromkeys(keys, n))

    def removed(self) -> dict[str, int]:
        """Each model once."""
        found: Counter[str] = Counter()
        for keys, n in self._taken.items():
            found[keys[0]] += n
        return dict(sorted(found.items()))

    def filters(self) -> dict[str, FilterCount]:
        """Each model under every filter that takes it away; what cannot be shown is left out."""
        hidden: Counter[str] = Counter()
        alone: Counter[str] = Counter()
        for keys, n in self._taken.items():
            for key in keys:
                hidden[key] += n
            if len(keys) == 1:
                alone[keys[0]] += n
        return {
            key: FilterCount(hidden[key], alone[key], self._shown[key])
            for key in sorted({*hidden, *self._shown})
        }
