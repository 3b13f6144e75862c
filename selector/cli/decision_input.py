# SPDX-License-Identifier: Apache-2.0
"""Decision files where a command takes models: what they name, and how well it comes out here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.cli.console import Screen
from selector.decide.differences import Reproduction
from selector.desk.desk import Desk
from selector.errors import BadSetting, DataEmpty, TaskNeeded
from selector.hub.candidate import Reason
from selector.reference import short_reference


@dataclass(frozen=True, slots=True)
class Given:
    """What the words of a command come to."""

    refs: tuple[str, ...]
    task: str
    documents: tuple[Mapping[str, Any], ...]


def names_decision(word: str) -> bool:
    """``bank/small.json`` could be a model's name: what lies on the disk is a file."""
    return word.endswith(".petit.json") or Path(word).is_file()


def given(desk: Desk, words: Sequence[str], task: str | None, *, everyone: bool = False) -> Given:
    """References as they are; a decision file stands for its chosen model, checked by hash.

    With ``everyone`` it stands for all models that were measured in it, the chosen one first. Raises
    DecisionUnreadable, DataEmpty, TaskNeeded, BadSetting, NotDownloaded, PinnedFileDiffers.
    """
    refs: list[str] = []
    documents = []
    for word in words:
        if not names_decision(word):
            refs.append(word)
            continue
        document = desk.open_decision(Path(word))
        documents.append(document)
        stated = str(document["task"])
        if task is not None and task != stated:
            raise BadSetting(setting="--task", value=task, allowed=stated)
        task = stated
        chosen = None if everyone and not document["contestant"] else desk.pinned_here(document)
        refs += [] if chosen is None else [chosen.ref]
        if everyone:
            refs += [str(x["ref"]) for x in document["models"] if x["score"] is not None]
    if task is None:
        raise TaskNeeded(repo=refs[0] if refs else "", known=[])
    if not refs:
        raise DataEmpty(name="decision")
    return Given(tuple(dict.fromkeys(refs)), task, tuple(documents))


def reason_line(screen: Screen, reason: Reason) -> str:
    """A sentence about an export or a reproduction; an error in it is said in words."""
    facts = dict(reason.facts)
    if "ref" in facts:
        facts["ref"] = short_reference(str(facts["ref"]))
    if "error" in facts:
        facts["error"] = screen.wording.error(str(facts["error"]), facts.pop("facts", {}))[0]
    return screen.wording.text(reason.code, **facts)


def show_reproduction(screen: Screen, found: Reproduction) -> None:
    """Files, answers, and what differs."""
    words = screen.wording
    screen.say(short_reference(found.ref), "bold")
    screen.say(f"  · {words.text('cli.reproduced.files', n=found.files)}")
    if found.samples:
        facts = {"n": found.samples, "same": found.same, "largest": found.largest_difference}
        all_same = found.same == found.samples
        key = "answers" if all_same else "other_answers"
        screen.say(f"  · {words.text(f'cli.reproduced.{key}', **facts)}")
    show_differences(screen, found.differs)


def show_differences(screen: Screen, differs: Sequence[Reason]) -> None:
    """One line each."""
    for reason in differs:
        screen.say(f"  · {reason_line(screen, reason)}")
    if not differs:
        screen.say(f"  · {screen.wording.text('cli.reproduced.alike')}")
