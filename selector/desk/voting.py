# SPDX-License-Identifier: Apache-2.0
"""A session of blind votes: which of two answers to an input is better."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from selector.decide.asked import answer_of
from selector.decide.verdict_facts import Basis
from selector.desk.answer_file import VOTES, read_votes
from selector.desk.asking import AskingSession, Question
from selector.desk.library_desk import never
from selector.errors import BadSetting
from selector.tasks.outputs import Output, Text

MOST = 4
"""Contestants: more cannot be told apart with the patience of one person."""


class VoteSession(AskingSession):
    """Shows pairs without names, sides at random."""

    basis: ClassVar[Basis] = "votes"
    columns: ClassVar[tuple[str, ...]] = VOTES

    def _read(self, path: Path, n: int) -> list[tuple[Any, ...]]:
        return list(read_votes(path, n))

    @property
    def question(self) -> Question | None:
        """See AskingSession; ``answers`` are the left and the right one, empty for no answer."""
        if self.over:
            return None
        asked = self.state["next"][0]
        index = int(asked["index"])
        outputs = {row.ref: row.outputs for row in self.measurements}
        sides = tuple(_shown(outputs[str(asked[side])][index]) for side in ("left", "right"))
        return Question(index, self.inputs[index], sides)

    def vote(self, said: str, cancelled: Callable[[], bool] = never) -> None:
        """``left``, ``right``, ``tie`` or ``skip`` on the pair shown. Raises BadSetting, TargetNotWritable."""
        if self.over:
            raise BadSetting(setting="vote", value=said[:40], allowed="a pair to vote on")
        asked = self.state["next"][0]
        self._say((int(asked["index"]), asked["left"], asked["right"], said), cancelled)

    def skip(self, cancelled: Callable[[], bool] = never) -> None:
        """See AskingSession."""
        self.vote("skip", cancelled)

    def to_json(self) -> dict[str, Any]:
        """As AskingSession, each question with both answers."""
        found = super().to_json()
        if (asked := self.question) is not None:
            found["next"] = [
                {
                    **found["next"][0],
                    "left_answer": asked.answers[0],
                    "right_answer": asked.answers[1],
                }
            ]
        return found


def _shown(output: Output | None) -> str:
    """A text as it was written; a label by its name."""
    return output.text if isinstance(output, Text) else answer_of(output) or ""
