# SPDX-License-Identifier: Apache-2.0
"""What a look at examples alone tells: too few, repeated, contradicting, unbalanced.

Standard library only: the window imports this. Nothing is repaired; every finding says how many examples it
concerns and names the first ones by their number (1 is the first), never by their text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from selector.hub.candidate import Reason

FEW = 30
"""Fewer examples than this decide next to nothing."""
FEW_OF_A_LABEL = 5
IMBALANCE = 0.8
"""Share of one label from which accuracy says little."""
SHOWN = 3
"""Pairs of examples that are named."""
_RARE_SHOWN = 10


_MEDIA = re.compile(
    r".*\.(png|jpe?g|gif|webp|bmp|tiff?|wav|mp3|flac|ogg|opus|m4a|mp4|webm)", re.IGNORECASE
)


def name_files(inputs: Sequence[str]) -> bool:
    """Whether all inputs are names of pictures or sounds: how names are written says nothing of those."""
    return bool(inputs) and all(_MEDIA.fullmatch(text.strip()) for text in inputs)


def judge(inputs: Sequence[str], labels: Sequence[str] | None) -> list[Reason]:
    """Everything worth a warning about inputs and, where there are any, their labels."""
    n = len(inputs)
    warnings = []
    if n < FEW:
        warnings.append(Reason("warning.few_examples", {"n": n, "wanted": FEW}))
    if repeated := n - len(set(inputs)):
        warnings.append(Reason("warning.duplicates", {"count": repeated, "n": n}))
    return warnings if labels is None else warnings + judge_labels(inputs, labels)


def judge_labels(inputs: Sequence[str], labels: Sequence[str]) -> list[Reason]:
    """Contradictions, one label only, one that outweighs the others, and rare ones."""
    warnings = contradictions(inputs, labels, "warning.conflicting_duplicates")
    n, counts = len(labels), Counter(labels)
    if len(counts) == 1:
        warnings.append(Reason("warning.one_label", {"label": labels[0]}))
    # Scores and free answers are labels too, but not classes: nothing to balance there.
    elif len(counts) <= max(2, n // 4):
        label, most = counts.most_common(1)[0]
        if most > IMBALANCE * n:
            warnings.append(Reason("warning.imbalance", {"label": label, "share": most / n}))
        rare = [x for x, count in counts.items() if count < FEW_OF_A_LABEL]
        if rare and n >= FEW:
            facts = {"count": len(rare), "labels": rare[:_RARE_SHOWN], "wanted": FEW_OF_A_LABEL}
            warnings.append(Reason("warning.rare_labels", facts))
    return warnings


def contradictions(
    keys: Iterable[object],
    labels: Sequence[str],
    code: str,
    places: Sequence[int] | None = None,
) -> list[Reason]:
    """One finding when examples with the same key have different labels; ``count`` counts such keys.

    ``places``: where each example stands in the file; None: as given.
    """
    first: dict[object, int] = {}
    against: dict[object, tuple[int, int]] = {}
    for position, (key, label) in enumerate(zip(keys, labels, strict=True)):
        start = first.setdefault(key, position)
        if labels[start] != label:
            against.setdefault(key, (start, position))
    if not against:
        return []
    pairs: Collection[tuple[int, int]] = against.values()
    if places is not None:
        pairs = [(places[a], places[b]) for a, b in pairs]
    return [Reason(code, {"count": len(against), "where": where(pairs)})]


def where(pairs: Iterable[tuple[int, int]]) -> list[str]:
    """The first pairs of positions as numbers that people count with: ``4 ↔ 18``."""
    ordered = sorted((min(pair), max(pair)) for pair in pairs)
    return [f"{a + 1} ↔ {b + 1}" for a, b in ordered[:SHOWN]]
