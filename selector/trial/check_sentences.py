# SPDX-License-Identifier: Apache-2.0
"""Sentences on which two forms of one model are compared: everyday text that Petit has anyway. Pure."""

from __future__ import annotations

from selector import registry
from selector.tasks.base import PAIR_SEPARATOR


def check_sentences() -> list[str]:
    """A few dozen different texts in English and French, of one word to a few hundred."""
    found: list[str] = []
    for task in registry.tasks().values():
        if task.modality != "text":
            continue
        for texts in (task.title, task.purpose):
            found += texts.values()
        for samples in task.sample_inputs.values():
            for sample in samples:
                found += sample.split(PAIR_SEPARATOR)
        found += [words[0] for words in task.words.values() if words]
    found.append(" ".join(found))
    return list(dict.fromkeys(text for text in found if text.strip()))
