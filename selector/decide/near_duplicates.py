# SPDX-License-Identifier: Apache-2.0
"""Texts that are nearly the same: MinHash signatures (Broder 1997), banded, every hit checked exactly.

Two texts are *near duplicates* when they share at least ``ALIKE`` of all their five-sign pieces (Jaccard),
without regard to case, punctuation and spacing. Time grows with the number of texts, not with its square:
texts that fall into one band together are compared with the first and with the next few only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.8
"""Share of pieces in common (intersection over union) from which two texts are nearly the same."""
PIECE = 5
MOST_SIGNS = 2000
"""Signs of a text that are looked at."""
_HASHES, _ROWS = 32, 4
"""32 hashes in 8 bands of 4: of pairs that share 80 % of their pieces, 98 % meet in a band; at 90 %, all."""
_NEXT = 4
"""Neighbours in a band that a text is compared with, beside the first."""
_PROBABLE = 0.6
"""Share of equal hashes below which a pair is not worth an exact look."""
_BLOCK = 2_000_000
"""Signs hashed at a time: about 50 MB."""
_SIGNS = re.compile(r"[\W_]+")
Ints = NDArray[np.int64]


def groups(texts: Sequence[str]) -> Ints:
    """The number of each text's group, shape (n,): near duplicates share one.

    Groups are numbered by their first text. Texts without a letter or digit are compared as they are.
    """
    plain = [_plain(text) for text in texts]
    numbers: dict[str, int] = {}
    which = np.array([numbers.setdefault(text, len(numbers)) for text in plain], dtype=np.int64)
    if len(numbers) < 2:
        return which
    distinct = list(numbers)
    linked = _linked(distinct, _candidates(_signatures(distinct)))
    return _by_first_sight(linked[which])


def similarity(a: str, b: str) -> float:
    """Shared pieces of two texts over all their pieces, from 0 to 1."""
    return _jaccard(_pieces(_plain(a)), _pieces(_plain(b)))


def _plain(text: str) -> str:
    """Lower case, signs and spaces as one space; cut. One without any letter stays as it is."""
    cut = text[:MOST_SIGNS]
    return _SIGNS.sub(" ", cut.casefold()).strip() or cut.strip()


def _padded(text: str) -> str:
    """With room at both ends, a text of n signs has n pieces, however short it is."""
    return f"  {text or ' '}  "


def _pieces(text: str) -> set[str]:
    padded = _padded(text)
    return {padded[i : i + PIECE] for i in range(len(padded) - PIECE + 1)}


def _jaccard(a: set[str], b: set[str]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def _signatures(texts: Sequence[str]) -> NDArray[np.uint32]:
    """MinHash signatures, shape (texts, hashes)."""
    rng = np.random.default_rng(1997)
    factors = rng.integers(1, 2**63, _HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    signatures = np.empty((len(texts), _HASHES), dtype=np.uint32)
    start = 0
    while start < len(texts):
        stop, signs = start, 0
        while stop < len(texts) and (stop == start or signs + len(texts[stop]) < _BLOCK):
            signs += len(texts[stop])
            stop += 1
        signatures[start:stop] = _block(texts[start:stop], factors)
        start = stop
    return signatures


def _block(texts: Sequence[str], factors: NDArray[np.uint64]) -> NDArray[np.uint32]:
    padded = [_padded(text) for text in texts]
    encoded = "".join(padded).encode("utf-32-le", "surrogatepass")
    signs = np.frombuffer(encoded, dtype="<u4").astype(np.uint64)
    many = len(signs) - PIECE + 1
    pieces = np.zeros(many, dtype=np.uint64)
    for offset in range(PIECE):
        pieces = pieces * np.uint64(0x100000001B3) + signs[offset : offset + many]
    # Pieces that reach into the next text belong to neither.
    lengths = np.array([len(text) for text in padded])
    counts = lengths - PIECE + 1
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    own = np.repeat(starts - firsts, counts) + np.arange(int(counts.sum()))
    hashes = pieces[own]
    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    found = np.empty((len(texts), len(factors)), dtype=np.uint32)
    for column, factor in enumerate(factors):
        mixed = ((hashes * factor) >> np.uint64(32)).astype(np.uint32)
        found[:, column] = np.minimum.reduceat(mixed, firsts)
    return found


def _candidates(signatures: NDArray[np.uint32]) -> Ints:
    """Pairs that meet in a band and probably share enough, shape (pairs, 2)."""
    met = []
    for band in range(0, _HASHES, _ROWS):
        rows = np.ascontiguousarray(signatures[:, band : band + _ROWS]).view("V16").ravel()
        key = np.unique(rows, return_inverse=True)[1]
        order = np.argsort(key, kind="stable")
        sorted_key = key[order]
        first = order[np.searchsorted(sorted_key, sorted_key)]
        met.append(np.column_stack([first, order]))
        for step in range(1, _NEXT + 1):
            same = np.flatnonzero(sorted_key[step:] == sorted_key[:-step])
            met.append(np.column_stack([order[same], order[same + step]]))
    pairs = np.unique(np.sort(np.concatenate(met), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    equal = (signatures[pairs[:, 0]] == signatures[pairs[:, 1]]).mean(axis=1)
    return np.asarray(pairs[equal >= _PROBABLE])


def _linked(texts: Sequence[str], pairs: Ints) -> Ints:
    """The group of each text: pairs that share enough, counted exactly, are linked.

    Pairs that other pairs have linked already are not counted: thousands of texts of one template have
    many more of those than of others.
    """
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = at = parent[parent[at]]
        return at

    left, pieces = -1, set[str]()
    for a, b in pairs.tolist():  # sorted by the first: its pieces are cut once
        if (one := root(a)) == (other := root(b)):
            continue
        if a != left:
            left, pieces = a, _pieces(texts[a])
        if _jaccard(pieces, _pieces(texts[b])) >= ALIKE:
            parent[max(one, other)] = min(one, other)
    return np.array([root(at) for at in range(len(texts))], dtype=np.int64)


def _by_first_sight(numbers: Ints) -> Ints:
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return np.asarray(place[inverse])
