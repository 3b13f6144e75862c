# SPDX-License-Identifier: Apache-2.0
"""Classical tests in words and a table, for the command line and the window alike."""

from __future__ import annotations

from collections.abc import Callable

from selector.decide.classical_facts import Classical, Compared
from selector.wording import Wording

_NOTHING = "–"
_LEAST_P = 0.0001


def sentence(found: Classical, name: Callable[[str], str], words: Wording) -> str:
    """What was tested against what."""
    return words.text(f"tests.{found.test}", best=name(found.best), n=found.n)


def table(
    found: Classical, name: Callable[[str], str], words: Wording
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Columns and rows: model, interval, examples that only one of the two gets right, p-values."""
    columns = [words.text("cli.column.model")]
    columns += [words.text(f"tests.column.{x}") for x in ("wilson", "wins", "p", "p_holm")]
    return columns, [(name(row.ref), *_cells(row, words)) for row in found.rows]


def _cells(row: Compared, words: Wording) -> tuple[str, ...]:
    interval = wins = _NOTHING
    if row.wilson is not None:
        interval = f"{words.percent(row.wilson[0])} – {words.percent(row.wilson[1])}"
    if row.only_mine is not None and row.only_best is not None and row.p is not None:
        wins = f"{words.count(row.only_mine)} : {words.count(row.only_best)}"
    return interval, wins, _p_value(row.p, words), _p_value(row.p_holm, words)


def _p_value(p: float | None, words: Wording) -> str:
    if p is None:
        return _NOTHING
    return f"< {words.number(_LEAST_P)}" if p < _LEAST_P else words.number(p, 2)
