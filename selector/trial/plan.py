# SPDX-License-Identifier: Apache-2.0
"""Checks a trial before anything is started. Reads no file but looks whether folders are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selector import registry
from selector.errors import BadSetting, DataColumns, DataEmpty, NotDownloaded
from selector.tasks.base import PAIR_SEPARATOR
from selector.trial.measurement import Contestant, Trial

MAX_REPEAT = 1000
MAX_BLOCK = 4096
MAX_THREADS = 1024


def plan(
    task: str,
    inputs: Sequence[str],
    contestants: Sequence[Contestant],
    *,
    repeat: int = 1,
    block: int = 0,
    parameters: Mapping[str, Any] | None = None,
    threads: int = 0,
) -> Trial:
    """A trial that can be run; a contestant named twice takes part once.

    Raises UnknownTask, DataEmpty without inputs, DataColumns when a pair is no pair, BadSetting,
    NotDownloaded.
    """
    described = registry.task(task)
    if not any(text.strip() for text in inputs):
        raise DataEmpty(name=task)
    if described.input_kind == "text_pair":
        for index, text in enumerate(inputs):
            if PAIR_SEPARATOR not in text:
                raise DataColumns(name=task, row=index + 1, reason="not two texts joined by a tab")
    if not contestants:
        raise BadSetting(setting="models", value=0, allowed="1 or more")
    for name, value, least, most in (
        ("repeat", repeat, 0, MAX_REPEAT),
        ("block", block, 0, MAX_BLOCK),
        ("threads", threads, 0, MAX_THREADS),
    ):
        if not least <= value <= most:
            raise BadSetting(setting=name, value=value, allowed=f"{least}–{most}")
    unique = {contestant.ref: contestant for contestant in contestants}
    for ref, contestant in unique.items():
        if not Path(contestant.folder).is_dir():
            raise NotDownloaded(repo=ref)
    return Trial(
        task=task,
        inputs=tuple(inputs),
        contestants=tuple(unique.values()),
        repeat=repeat,
        block=block,
        parameters=dict(parameters or {}),
        threads=threads,
    )
