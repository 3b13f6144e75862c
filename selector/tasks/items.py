# SPDX-License-Identifier: Apache-2.0
"""Runs inputs through a runner so that one bad input fails alone and the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from selector.errors import Cancelled, OutOfMemory, PetitError, RunFailed
from selector.input_errors import InputUnusable
from selector.log import redact
from selector.tasks.audio import unusable_audio
from selector.tasks.base import PAIR_SEPARATOR, InputKind, TaskRunner
from selector.tasks.failures import first_line, is_out_of_memory
from selector.tasks.images import unusable_image
from selector.tasks.outputs import Event, Failed, Finished, Partial
from selector.tasks.readable import unreadable

GIVE_UP_AFTER = 3
"""Failures one after another, and nothing else so far, that are the model's and not an input's."""


def unusable(index: int, text: str, kind: InputKind) -> InputUnusable | None:
    """Why no model of this kind of task can take ``text``; None when it can be tried."""
    problem = unreadable(index, text)
    if problem is None and kind == "image":
        return unusable_image(index, text)
    if problem is None and kind == "audio":
        return unusable_audio(index, text)
    if problem is None and kind == "text_pair" and PAIR_SEPARATOR not in text:
        return InputUnusable(index=index, reason="input.not_a_pair")
    return problem


class Items:
    """A runner whose failures are one input's each.

    An input that nobody can take never reaches the model. A batch that fails without saying which input
    is to blame is halved until that shows. A model that fails on everything is given up.
    """

    def __init__(self, runner: TaskRunner, kind: InputKind) -> None:
        self._runner, self._kind = runner, kind
        self._answered = False
        self._in_a_row = 0

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """One Finished or Failed for every input, unless ``cancelled()`` becomes true.

        Raises the model's own error when it has failed GIVE_UP_AFTER times and never answered.
        """
        usable = []
        for index, text in enumerate(inputs):
            problem = unusable(index, text, self._kind)
            if problem is None:
                usable.append(index)
            else:
                yield Failed(index, problem)
        groups = [usable] if usable else []
        while groups and not cancelled():
            given = groups.pop()
            left = dict.fromkeys(given)
            caught: PetitError | None = None
            events = self._runner.run([inputs[i] for i in given], parameters, cancelled)
            while True:
                # Only what the runner raises is caught, never what happens to who reads this.
                try:
                    event = next(events, None)
                except Exception as error:  # noqa: BLE001 - whatever a library raises is one input's failure
                    caught = _problem(error)
                    break
                if event is None:
                    break
                index = given[event.index]
                if not isinstance(event, Partial):
                    left.pop(index, None)
                yield self._seen(replace(event, index=index))
            if caught is None:
                continue
            # The last of the stack comes first: what is left is gone on with in order.
            rest = list(left)
            place = caught.facts.get("index")
            if isinstance(place, int) and 0 <= place < len(given) and given[place] in left:
                rest.remove(given[place])
                yield self._seen(Failed(given[place], caught))
                groups += [rest] if rest else []
            elif len(rest) == 1:
                yield self._seen(Failed(rest[0], caught))
            elif rest:
                half = len(rest) // 2
                groups += [rest[half:], rest[:half]]

    def _seen(self, event: Event) -> Event:
        """Count what happened; a failure names the input as the caller counts."""
        if isinstance(event, Failed):
            error = type(event.error)(**{**event.error.facts, "index": event.index})
            if not isinstance(error, InputUnusable):
                self._in_a_row += 1
                if not self._answered and self._in_a_row >= GIVE_UP_AFTER:
                    raise error
            return Failed(event.index, error)
        if isinstance(event, Finished):
            self._answered, self._in_a_row = True, 0
        return event


def _problem(error: Exception) -> PetitError:
    """What a runner raised, as a failure of an input. Raises it again when it is none."""
    if isinstance(error, InputUnusable | RunFailed | OutOfMemory):
        return error
    if isinstance(error, PetitError | Cancelled):
        raise error
    traceback.print_exception(error)
    if is_out_of_memory(error):
        return OutOfMemory()
    return RunFailed(detail=redact(first_line(error)))
