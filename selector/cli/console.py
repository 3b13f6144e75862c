# SPDX-License-Identifier: Apache-2.0
"""Where the command line writes: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text

from selector.errors import PetitError
from selector.log import redact
from selector.wording import Wording

# Control and direction signs in names from outside could rewrite what a terminal shows.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


_PIPED_WIDTH = 1000
_NAME_WIDTH, _ROOMY_WIDTH = 24, 110
"""The first column, which names what a row is about, is not folded below this where there is room."""


def plain(text: object) -> str:
    """Text from outside, without signs that command a terminal."""
    return _UNSAFE.sub("�", str(text))


def _standard_output() -> Console:
    """A file or another program gets each row on one line, whatever width a terminal would have."""
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, markup=False, width=_PIPED_WIDTH if piped else None)


@dataclass(slots=True)
class Screen:
    """One command's output. With ``as_json`` nothing but one JSON document goes to stdout."""

    wording: Wording
    as_json: bool = False
    out: Console = field(default_factory=_standard_output)
    err: Console = field(
        default_factory=lambda: Console(stderr=True, highlight=False, markup=False)
    )
    _counted: float = 0.0

    def document(self, data: Any) -> None:
        """Print the one JSON document."""
        json.dump(data, sys.stdout, ensure_ascii=False, indent=1, default=str)
        sys.stdout.write("\n")

    def say(self, text: str = "", style: str = "") -> None:
        """A line of the result, for people."""
        self.out.print(Text(plain(text), style=style), soft_wrap=True)

    def note(self, text: str, style: str = "dim") -> None:
        """A line of progress."""
        self.err.print(Text(plain(text), style=style), soft_wrap=True)

    def countdown(self, text: str) -> None:
        """A line of progress that replaces itself on a terminal; an empty one takes it away.

        Elsewhere each ten seconds are enough.
        """
        if self.err.is_terminal:
            self.err.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
            self.err.print(Text(plain(text)), end="", soft_wrap=True)
        elif text and (not self._counted or time.monotonic() - self._counted >= 10):
            self._counted = time.monotonic()
            self.note(text)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()
    ) -> None:
        """A table for people; ``numbers`` are the columns written to the right."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        widest = max((len(str(row[0])) for row in rows), default=1)
        roomy = self.out.width >= _ROOMY_WIDTH
        for position, column in enumerate(columns):
            right = position in numbers
            table.add_column(
                column,
                justify="right" if right else "left",
                no_wrap=right,
                overflow="fold",
                min_width=min(_NAME_WIDTH, widest) if position == 0 and roomy else None,
            )
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        self.out.print(table)

    def progress(self) -> Progress:
        """A progress display on stderr; silent where stderr is not a terminal."""
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal,
        )

    def problem(self, error: PetitError) -> None:
        """An error: the JSON of the contract on stdout, or its sentence and hint on stderr."""
        facts = {
            key: redact(value) if isinstance(value, str) else value
            for key, value in error.facts.items()
        }
        message, hint = self.wording.error(error.code, facts)
        if self.as_json:
            self.document(
                {"error": {"code": error.code, "message": message, "hint": hint, "facts": facts}}
            )
            return
        self.note(message, style="bold red")
        if hint:
            self.note(hint, style="")
        if detail := facts.get("detail") or facts.get("stderr_tail"):
            self.note(str(detail)[-1500:])
