# SPDX-License-Identifier: Apache-2.0
"""Files of what a person said: read back with care, replaced at once after every answer."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from selector.decide.tables import read_table
from selector.errors import DataColumns, DataUnreadable, TargetNotWritable

LABELS = ("index", "label", "kind", "margin")
VOTES = ("index", "left", "right", "said")
LabelRow = tuple[int, str, str, str]
"""Index of the input from 0, the label, ``label``, ``none`` (none of the answers) or ``skip``, and the
margin by which it was asked for, empty where nobody knows."""
VoteRow = tuple[int, str, str, str]
"""Index of the input, the references shown left and right, and ``left``, ``right``, ``tie`` or ``skip``."""
SAID = ("left", "right", "tie", "skip")


def read_answers(path: Path, n: int) -> list[LabelRow]:
    """The labels so far, in their order; none when the file is not there or has only a header.

    ``kind`` may be left out: an empty label then means that none of the answers is right. So may
    ``margin``.

    Raises:
        DataUnreadable, DataTooLarge: as ``read_table``; an index that is no input's number.
        DataColumns: no column ``index`` or ``label``.
    """
    found = []
    for index, label, kind, margin in _cells(path, LABELS, LABELS[:2], n):
        if margin and not _is_margin(margin):
            raise DataUnreadable(name=path.name, reason="no_such_margin", value=margin[:40])
        found.append((index, label, kind or ("label" if label else "none"), margin))
    return found


def _is_margin(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False


def read_votes(path: Path, n: int) -> list[VoteRow]:
    """The votes so far, in their order. Raises as ``read_answers``, and for a vote that is none."""
    found = []
    for index, left, right, said in _cells(path, VOTES, VOTES, n):
        if said not in SAID or not left or not right:
            raise DataUnreadable(name=path.name, reason="no_such_vote", value=said[:40])
        found.append((index, left, right, said))
    return found


def _cells(path: Path, names: Sequence[str], needed: Sequence[str], n: int) -> list[tuple]:  # type: ignore[type-arg]
    if not path.exists() or not path.read_text(encoding="utf-8-sig", errors="replace").strip():
        return []
    table = read_table(path)
    columns = [name.strip().lower() for name in table.columns]
    if missing := [name for name in needed if name not in columns]:
        raise DataColumns(name=table.name, columns=list(table.columns), wanted=missing)
    where = [columns.index(name) if name in columns else None for name in names]
    found = []
    for row in table.rows:
        text, *rest = ("" if at is None else row[at].strip() for at in where)
        if not text.isdecimal() or int(text) >= n:
            raise DataUnreadable(name=table.name, reason="no_such_input", value=text[:40])
        found.append((int(text), *rest))
    return found


def write_answers(
    path: Path, rows: Iterable[Sequence[object]], columns: Sequence[str] = LABELS
) -> None:
    """Replace the file at once, so that a crash leaves the old or the new. Raises TargetNotWritable."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w",
            dir=path.parent,
            prefix=f".{path.name}-",
            delete=False,
            encoding="utf-8",
            newline="",
        ) as half:
            temporary = Path(half.name)
            half.write(text.getvalue())
            half.flush()
            os.fsync(half.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise TargetNotWritable(path=str(path), reason=error.strerror or "") from error
