# SPDX-License-Identifier: Apache-2.0
"""The state of the examples, looked at more closely than the window can: warnings, never repairs.

Beside what ``data_checks`` finds: near duplicates, those that contradict each other, and examples that a
model may have been trained on (by the data sets its card names, or by a file of texts it has seen).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from selector.decide.data import Examples, fold
from selector.decide.data_checks import contradictions, name_files, where
from selector.decide.near_duplicates import groups
from selector.hub.candidate import Reason
from selector.tasks.base import PAIR_SEPARATOR
from selector.trial.measurement import Contestant

_SHORTEST_NAME = 5
"""Signs of a name that cannot be a chance hit inside another one."""


def alike(inputs: Sequence[str]) -> list[int]:
    """The number of each input's group of near duplicates; of pairs both texts must be alike.

    Ten questions about one long text are ten examples, however much of them is the same.
    """
    if not any(PAIR_SEPARATOR in text for text in inputs):
        return [int(x) for x in groups(inputs)]
    parts = [text.partition(PAIR_SEPARATOR) for text in inputs]
    first, second = groups([x[0] for x in parts]), groups([x[2] for x in parts])
    numbers: dict[tuple[int, int], int] = {}
    both = zip(first.tolist(), second.tolist(), strict=True)
    return [numbers.setdefault(pair, len(numbers)) for pair in both]


def near_duplicates(inputs: Sequence[str], labels: Sequence[str] | None) -> list[Reason]:
    """Texts that nearly repeat another one, and those of them with another label.

    Exact repeats are ``data_checks``' business and not counted again. Names of files are not compared.
    """
    if name_files(inputs):
        return []  # in one folder they are alike, and say nothing of the pictures
    places: dict[str, int] = {}
    for position, text in enumerate(inputs):
        places.setdefault(text, position)
    numbers = alike(list(places))
    first: dict[int, int] = {}
    pairs = []
    for number, place in zip(numbers, places.values(), strict=True):
        if (start := first.setdefault(number, place)) != place:
            pairs.append((start, place))
    if not pairs:
        return []
    facts = {"count": len(pairs), "n": len(inputs), "where": where(pairs)}
    warnings = [Reason("warning.near_duplicates", facts)]
    # A score or a free answer differs a little for two texts that differ a little: no contradiction.
    if labels is not None and len(set(labels)) <= max(2, len(labels) // 4):
        theirs = [labels[place] for place in places.values()]
        code = "warning.conflicting_near_duplicates"
        warnings += contradictions(numbers, theirs, code, list(places.values()))
    return warnings


def seen_before(inputs: Sequence[str], seen: Sequence[str], name: str) -> list[Reason]:
    """Inputs that occur, exactly or nearly, among texts that a model was trained on.

    Args:
        inputs: the examples.
        seen: the texts of the training data.
        name: of the file they come from.
    """
    if name_files(inputs):
        return []
    known = set(seen)
    exact = sum(text in known for text in inputs)
    numbers = alike([*inputs, *seen])
    trained = set(numbers[len(inputs) :])
    count = sum(number in trained for number in numbers[: len(inputs)])
    if not count:
        return []
    facts = {"count": count, "exact": exact, "n": len(inputs), "name": name}
    return [Reason("warning.seen_in_training", facts)]


def declared_training(examples: Examples, contestants: Sequence[Contestant]) -> list[Reason]:
    """Models whose card names training data that is called like this file."""
    mine = fold(PurePath(examples.name).stem)
    found = []
    for contestant in contestants:
        alike = [x for x in contestant.datasets if _same_name(mine, fold(x.rpartition("/")[2]))]
        if alike:
            facts = {"ref": contestant.ref, "datasets": alike[:3], "name": examples.name}
            found.append(Reason("warning.declared_training", facts))
    return found


def _same_name(mine: str, theirs: str) -> bool:
    short, long = sorted((mine, theirs), key=len)
    return bool(short) and (short == long or (len(short) >= _SHORTEST_NAME and short in long))
