# SPDX-License-Identifier: Apache-2.0
"""Per-example quality of generated text: exact match, token F1 and the counts behind chrF."""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ORDERS = 6
"""Longest character n-gram of chrF."""
_BETA_SQUARED = 4.0
_ARTICLES = re.compile(r"\b(a|an|the)\b")


@cache
def _punctuation() -> dict[int, None]:
    """All ASCII signs and everything Unicode calls punctuation, for ``str.translate`` to drop."""
    signs = {ord(c) for c in string.punctuation}
    every = range(sys.maxunicode + 1)
    return dict.fromkeys(i for i in every if i in signs or unicodedata.category(chr(i))[0] == "P")


@lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """Lower case, without punctuation, English articles and extra spaces.

    The rule of the SQuAD v1.1 evaluation script (Rajpurkar et al. 2016), with the punctuation of all
    scripts. A text that is nothing but such signs keeps them, or every sign would equal every other.
    """
    kept = text.lower().translate(_punctuation())
    return " ".join(_ARTICLES.sub(" ", kept).split()) or " ".join(text.lower().split())


def exact_match(answer: str, reference: str) -> float:
    """1.0 when both are the same after ``normalise``, else 0.0."""
    return float(normalise(answer) == normalise(reference))


def token_f1(answer: str, reference: str) -> float:
    """F1 of the bags of words after ``normalise``, 0 to 1 (SQuAD v1.1)."""
    mine, theirs = normalise(answer).split(), normalise(reference).split()
    if not mine or not theirs:
        return float(mine == theirs)
    common = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * common / (len(mine) + len(theirs))


def chrf_counts(answer: str, reference: str) -> list[float]:
    """For n-grams of 1 to 6 characters: how many in the answer, in the reference, in both.

    Spaces are left out (Popović 2015, "chrF"). The counts add up over examples.
    """
    mine, theirs = "".join(answer.split()), "".join(reference.split())
    counts: list[float] = []
    for order in range(1, ORDERS + 1):
        a = Counter(mine[i : i + order] for i in range(len(mine) - order + 1))
        b = Counter(theirs[i : i + order] for i in range(len(theirs) - order + 1))
        counts += [a.total(), b.total(), (a & b).total()]
    return counts


def chrf_score(sums: Floats) -> Floats:
    """The chrF2 of added counts, 0 to 1.

    Precision and recall are averaged over the orders that both sides have, as sacreBLEU does, then
    joined with beta = 2.

    Args:
        sums: shape ``(..., 18)``.

    Returns:
        Shape ``(...)``.
    """
    parts = sums.reshape(*sums.shape[:-1], ORDERS, 3)
    mine, theirs, both = parts[..., 0], parts[..., 1], parts[..., 2]
    usable = (mine > 0) & (theirs > 0)
    orders = np.maximum(usable.sum(axis=-1), 1)
    precision = np.where(usable, both / np.where(usable, mine, 1.0), 0.0).sum(axis=-1) / orders
    recall = np.where(usable, both / np.where(usable, theirs, 1.0), 0.0).sum(axis=-1) / orders
    below = _BETA_SQUARED * precision + recall
    above = (1 + _BETA_SQUARED) * precision * recall
    return np.asarray(np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0))


def bleu_counts(answers: Sequence[str], references: Sequence[str]) -> Floats:
    """For each pair: words said, words wanted, right n-grams and n-grams said of 1 to 4 words, 1, n.

    Counted by sacreBLEU (Post 2018) with its usual splitting of words ("13a"). Shape (n, 12).
    """
    from sacrebleu.metrics.bleu import BLEU

    bleu = BLEU(effective_order=True)
    rows = np.zeros((len(answers), 12))
    for row, (answer, reference) in enumerate(zip(answers, references, strict=True)):
        found = bleu.sentence_score(answer, [reference])
        rows[row] = [found.sys_len, found.ref_len, *found.counts, *found.totals, 1, len(answers)]
    return rows


def bleu_score(sums: Floats) -> Floats:
    """BLEU of added counts, 0 to 1, with sacreBLEU's exponential smoothing: shape (..., 12) to (...)."""
    # Weights that add up to one make means of the sums; smoothing needs the sums themselves.
    ones, each = sums[..., 10:11], sums[..., 11:12]
    there = ones > 0
    scaled = sums * np.where(there, each / np.where(there, ones, 1.0) ** 2, 1.0)
    said, wanted = scaled[..., 0], scaled[..., 1]
    right, made = scaled[..., 2:6], scaled[..., 6:10]
    missing = (right <= 0) & (made > 0)
    smooth = 1.0 / 2.0 ** np.cumsum(missing, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(missing, smooth, right) / made
        logs = np.where(made > 0, np.log(precision), -np.inf).mean(axis=-1)
        brevity = np.where(said < wanted, np.exp(1 - wanted / said), 1.0)
        found = brevity * np.exp(logs)
    return np.asarray(np.where((said > 0) & (right.sum(axis=-1) > 0), found, 0.0))


def edit_counts(answers: Sequence[str], references: Sequence[str], characters: bool) -> Floats:
    """Edits that an answer needs to become its reference, and the reference's length: shape (n, 2).

    In words, or in characters; counted by jiwer without case and punctuation, which say nothing of what
    was heard.
    """
    import jiwer

    rows = np.zeros((len(answers), 2))
    for row, (answer, reference) in enumerate(zip(answers, references, strict=True)):
        mine, theirs = spoken(answer), spoken(reference)
        if not theirs:
            rows[row] = len(mine if characters else mine.split()), 0
            continue
        found = (jiwer.process_characters if characters else jiwer.process_words)(theirs, mine)
        edits = found.substitutions + found.deletions + found.insertions
        rows[row] = edits, found.hits + found.substitutions + found.deletions
    return rows


def spoken(text: str) -> str:
    """Lower case, without punctuation, one space between words; apostrophes part words."""
    parted = text.lower().replace("’", " ").replace("'", " ").replace("-", " ")
    return " ".join(parted.translate(_punctuation()).split())


def edit_score(sums: Floats) -> Floats:
    """1 - edits / length, not below 0: shape (..., 2) to (...). The rate of errors is 1 minus this."""
    edits, length = sums[..., 0], sums[..., 1]
    found = 1 - edits / np.where(length > 0, length, 1.0)
    return np.asarray(np.where(length > 0, np.clip(found, 0.0, 1.0), edits <= 0))
