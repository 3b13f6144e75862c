# SPDX-License-Identifier: Apache-2.0
"""One table for all targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selector.decide.significance import wilson


@dataclass(frozen=True)
class Line:
    """One figure of one method; ``count`` of ``runs`` where it is a share."""

    group: str
    method: str
    what: str
    value: float
    target: str = ""
    count: int | None = None
    runs: int | None = None

    def cells(self) -> tuple[str, ...]:
        """As text."""
        bounds = ""
        if self.count is not None and self.runs:
            low, high = wilson(self.count, self.runs)
            bounds = f"{low:.3f} … {high:.3f} (n={self.runs})"
        return (self.group, self.method, self.what, f"{self.value:.3f}", bounds, self.target)


def share(group: str, method: str, what: str, hits: Sequence[bool], target: str = "") -> Line:
    """A line of a share."""
    count = sum(map(bool, hits))
    return Line(group, method, what, count / max(1, len(hits)), target, count, len(hits))


def table(lines: Sequence[Line]) -> str:
    """The lines under each other."""
    rows = [("group", "method", "figure", "value", "95 % interval", "target")]
    rows += [line.cells() for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
