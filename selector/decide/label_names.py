# SPDX-License-Identifier: Apache-2.0
"""Brings a model's label names and the user's together."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from selector.decide.data import fold
from selector.tasks.outputs import Labels, Output, ScoredLabel

_GENERIC = re.compile(r"LABEL_(\d+)")
"""What transformers calls the classes of a model whose author gave no names."""


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """How the names of a model fit the user's."""

    mapping: Mapping[str, str]
    """The model's label to the user's; labels without a counterpart are left out."""
    unmatched_model: tuple[str, ...]
    unmatched_user: tuple[str, ...]
    generic: bool
    """The model's author named no classes (LABEL_0, LABEL_1 …)."""


def match_labels(
    model_labels: Iterable[str],
    user_labels: Iterable[str],
    given: Mapping[str, str] | None = None,
) -> LabelMatch:
    """Match names exactly, then without case, accents, spaces, underscores and hyphens.

    ``LABEL_3`` also matches the user's ``3``. A folded name that two of the user's labels share
    matches neither: guessing would invent a score. What is ``given`` (the model's name to the user's)
    comes first, where the user has such a label.
    """
    mine, theirs = tuple(dict.fromkeys(user_labels)), tuple(dict.fromkeys(model_labels))
    times = Counter(fold(label) for label in mine)
    folded = {fold(label): label for label in mine if times[fold(label)] == 1}
    folded.pop("", None)
    mapping: dict[str, str] = {}
    for label in theirs:
        number = _GENERIC.fullmatch(label)
        if given and given.get(label) in mine:
            mapping[label] = given[label]
        elif label in mine:
            mapping[label] = label
        elif fold(label) in folded:
            mapping[label] = folded[fold(label)]
        elif number and number[1] in mine:
            mapping[label] = number[1]
    reached = set(mapping.values())
    return LabelMatch(
        mapping=mapping,
        unmatched_model=tuple(x for x in theirs if x not in mapping),
        unmatched_user=tuple(x for x in mine if x not in reached),
        generic=bool(theirs) and all(_GENERIC.fullmatch(x) for x in theirs),
    )


def pairs_of(data: object) -> tuple[tuple[str, str], ...]:
    """Pairs of a model's name and the user's, from a file; what is no pair of texts is left out."""
    rows = data if isinstance(data, list) else []
    pairs = [x for x in rows if isinstance(x, list) and len(x) == 2]
    return tuple((a, b) for a, b in pairs if isinstance(a, str) and isinstance(b, str))


def seen_labels(outputs: Sequence[Output | None]) -> tuple[str, ...]:
    """Every label that a model named, at any rank, in the order of first sight."""
    seen: dict[str, None] = {}
    for output in outputs:
        if isinstance(output, Labels):
            seen.update((x.label, None) for x in output.labels)
    return tuple(seen)


def translate(outputs: Sequence[Output | None], match: LabelMatch) -> list[Output | None]:
    """Labels in the user's words, the top one or all of several; one without a counterpart keeps its name."""
    translated: list[Output | None] = []
    for output in outputs:
        if isinstance(output, Labels) and output.labels:
            kept = output.labels if output.several else output.labels[:1]
            named = (ScoredLabel(match.mapping.get(x.label, x.label), x.score) for x in kept)
            translated.append(Labels(tuple(named), output.several))
        else:
            translated.append(output)
    return translated


def split_labels(cell: str) -> tuple[str, ...]:
    """The labels of a cell that holds several: a JSON list, or with ``;`` or ``|`` between; ``-`` for none."""
    text = cell.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return tuple(dict.fromkeys(str(x).strip() for x in found if str(x).strip()))
    if text in {"-", "–"}:
        return ()
    parts = (part.strip() for part in re.split(r"[;|]", text))
    return tuple(dict.fromkeys(part for part in parts if part))
