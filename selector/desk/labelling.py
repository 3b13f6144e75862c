# SPDX-License-Identifier: Apache-2.0
"""A session of few labels: which of the different answers to an input is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from selector.decide.verdict_facts import Basis
from selector.desk.answer_file import LABELS, read_answers, write_answers
from selector.desk.asking import AskingSession, Question
from selector.desk.library_desk import never

EXPORTED = ("text", "label")


class LabelSession(AskingSession):
    """Asks only about inputs on which contestants that may still win differ."""

    basis: ClassVar[Basis] = "labels"
    columns: ClassVar[tuple[str, ...]] = LABELS

    def _read(self, path: Path, n: int) -> list[tuple[Any, ...]]:
        return list(read_answers(path, n))

    @property
    def question(self) -> Question | None:
        """See AskingSession; the most frequent answer comes first."""
        if self.over:
            return None
        asked = self.state["next"][0]
        index = int(asked["index"])
        return Question(index, self.inputs[index], tuple(str(x) for x in asked["choices"]))

    def answer(
        self,
        index: int,
        label: str,
        kind: str = "label",
        cancelled: Callable[[], bool] = never,
    ) -> None:
        """One label; ``none``: no answer is right. Raises BadSetting, TargetNotWritable."""
        self._say((index, label, kind, repr(self._request.margin)), cancelled)

    def choose(self, answer: str | None, cancelled: Callable[[], bool] = never) -> None:
        """The right answer to the question, in any words; None: none of them is right."""
        if (asked := self.question) is not None:
            self.answer(asked.index, answer or "", "label" if answer else "none", cancelled)

    def skip(self, cancelled: Callable[[], bool] = never) -> None:
        """See AskingSession."""
        if (asked := self.question) is not None:
            self.answer(asked.index, "", "skip", cancelled)

    def export(self, path: Path) -> int:
        """Write the inputs that were labelled with their labels, as examples for another day.

        Inputs with no right answer among them or skipped are left out; the last word counts. Gives
        how many there are. Raises TargetNotWritable.
        """
        said = {index: (label, kind) for index, label, kind, _ in self._rows}
        rows = [
            (self.inputs[index], label) for index, (label, kind) in said.items() if kind == "label"
        ]
        write_answers(path, rows, EXPORTED)
        return len(rows)
