# SPDX-License-Identifier: Apache-2.0
"""The user's own examples: which column is the input, which the label, and what to warn about.

Standard library only: the window imports this. The file stays where it is; only the SHA-256 of its
bytes ever leaves this machine, inside a decision file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from selector.decide.data_checks import judge
from selector.decide.tables import Table, read_table
from selector.errors import DataColumns, DataEmpty
from selector.hub.candidate import Reason
from selector.tasks.base import PAIR_SEPARATOR

INPUT_NAMES = (
    *("text", "texte", "sentence", "phrase", "message", "input", "inputs", "entree", "question"),
    *("query", "requete", "utterance", "prompt", "content", "contenu", "comment", "commentaire"),
    *("review", "avis", "ticket", "demande", "email", "mail", "tweet", "document", "body", "corps"),
    *("description", "title", "titre", "source", "premise", "sentence1", "text1", "texte1"),
    *("phrase1", "question1", "sentencea", "texta", "a"),
    *("image", "images", "photo", "picture", "file", "fichier", "path", "chemin"),
)
LABEL_NAMES = (
    *("label", "labels", "etiquette", "category", "categorie", "class", "classe", "intent"),
    *("intention", "target", "cible", "sentiment", "topic", "sujet", "theme", "tag", "gold"),
    *("expected", "attendu", "answer", "answers", "reponse", "reference", "output", "sortie"),
    *("summary", "resume", "translation", "traduction", "score", "similarity", "similarite"),
    *("rating", "note", "type", "y"),
)
_SECOND = {
    "premise": "hypothesis", "query": "document", "requete": "document", "question": "context",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Examples:
    """Inputs and, where the file has them, labels; row ``i`` of one belongs to row ``i`` of the other."""

    name: str
    sha256: str
    """Of the file's bytes."""
    inputs: tuple[str, ...]
    labels: tuple[str, ...] | None
    columns: tuple[str, ...]
    input_column: str
    label_column: str | None
    warnings: tuple[Reason, ...] = ()
    second_column: str | None = None
    """The second text of a pair; inputs then hold both, joined by PAIR_SEPARATOR."""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Every further column: its name and its cells, one an input."""

    def only(self, positions: Sequence[int]) -> Examples:
        """The same file with these examples alone."""
        labels = self.labels
        return replace(
            self,
            inputs=tuple(self.inputs[i] for i in positions),
            labels=None if labels is None else tuple(labels[i] for i in positions),
            extra=tuple((name, tuple(cells[i] for i in positions)) for name, cells in self.extra),
        )


def fold(text: str) -> str:
    """Lower case, without accents, spaces, underscores, hyphens or other signs."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))


def read_examples(
    path: Path,
    input_column: str | None = None,
    label_column: str | None = None,
    second_column: str | None = None,
    *,
    unlabelled: bool = False,
) -> Examples:
    """Read a file of examples; columns that are not named are guessed.

    With ``unlabelled`` every row with an input counts, and labels are left alone.

    Raises:
        DataUnreadable, DataTooLarge: as ``read_table``.
        DataColumns: a named column is not there; ``columns`` and ``wanted``.
        DataEmpty: no row with an input (and a label, where there is a label column).
    """
    table = read_table(path)
    warnings = list(table.warnings)
    if not table.named and len(table.columns) > 1:
        warnings.append(Reason("warning.no_header", {"columns": list(table.columns)}))
    chosen = [_named(table, x) for x in (input_column, label_column, second_column)]
    source, label, second = _guess(table, *chosen)
    if unlabelled:
        label = None
    guessed = {"input_column": source, "label_column": label} if chosen[0] is None else {}
    if guessed and len(table.columns) > 1 and not _is_known(table, source, label):
        names = {k: None if v is None else table.columns[v] for k, v in guessed.items()}
        warnings.append(Reason("warning.columns_guessed", names))
    inputs, labels, kept, dropped = _rows(table, source, label, second)
    warnings += dropped
    if not inputs:
        raise DataEmpty(name=table.name)
    warnings += judge(inputs, labels)
    return Examples(
        name=table.name,
        sha256=table.sha256,
        inputs=tuple(inputs),
        labels=None if labels is None else tuple(labels),
        columns=table.columns,
        input_column=table.columns[source],
        label_column=None if label is None else table.columns[label],
        warnings=tuple(warnings),
        second_column=None if second is None else table.columns[second],
        extra=further(table, kept, {source, label, second}),
    )


def further(
    table: Table, kept: Sequence[Sequence[str]], used: Collection[int | None]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names and cells of the columns that are not ``used``, in the rows that were kept."""
    rest = [i for i in range(len(table.columns)) if i not in used]
    return tuple((table.columns[i], tuple(row[i] for row in kept)) for i in rest)


def _named(table: Table, name: str | None) -> int | None:
    if name is None:
        return None
    if name in table.columns:
        return table.columns.index(name)
    folded = [fold(column) for column in table.columns]
    if fold(name) in folded:
        return folded.index(fold(name))
    raise DataColumns(name=table.name, columns=list(table.columns), wanted=[name])


def _is_known(table: Table, source: int, label: int | None) -> bool:
    if fold(table.columns[source]) not in INPUT_NAMES:
        return False
    return label is None or fold(table.columns[label]) in LABEL_NAMES


def _guess(
    table: Table, source: int | None, label: int | None, second: int | None
) -> tuple[int, int | None, int | None]:
    folded = [fold(column) for column in table.columns]
    taken = {x for x in (source, label, second) if x is not None}
    free = [i for i in range(len(folded)) if i not in taken]
    if source is None:
        source = _first(folded, free, INPUT_NAMES)
        if source is None:
            # The input is the column with the longest texts; a label or an id is shorter.
            if not free:
                raise DataColumns(
                    name=table.name, columns=list(table.columns), wanted=list(INPUT_NAMES[:3])
                )
            source = max(free, key=lambda i: sum(map(len, table.column(i))))
        free = [i for i in free if i != source]
    # Also when the first text was named: the window names what was guessed when it asks again.
    if second is None:
        second = _counterpart(folded, free, folded[source])
        free = [i for i in free if i != second]
    if label is None:
        label = _first(folded, free, LABEL_NAMES)
        if label is None and len(folded) == 2 and len(free) == 1:
            label = free[0]
    return source, label, second


def _first(folded: list[str], free: list[int], names: tuple[str, ...]) -> int | None:
    for name in names:
        for index in free:
            if folded[index] == name:
                return index
    return None


def _counterpart(folded: list[str], free: list[int], name: str) -> int | None:
    """The column of the second text: ``sentence1``/``sentence2``, ``a``/``b``, and the like."""
    if name not in INPUT_NAMES:
        return None
    other = _SECOND.get(name, "")
    if name.endswith("1"):
        other = name[:-1] + "2"
    elif name in {"a", "sentencea", "texta"}:
        other = name[:-1] + "b"
    elif not other:
        other = name + "2"
    return next((index for index in free if folded[index] == other), None)


def _rows(
    table: Table, source: int, label: int | None, second: int | None
) -> tuple[list[str], list[str] | None, list[tuple[str, ...]], list[Reason]]:
    inputs: list[str] = []
    kept: list[tuple[str, ...]] = []
    labels: list[str] = []
    empty = unlabelled = 0
    for row in table.rows:
        text = row[source]
        if second is not None:
            # The separator inside a text would move the border between the two.
            pair = [part.replace(PAIR_SEPARATOR, " ").strip() for part in (text, row[second])]
            text = PAIR_SEPARATOR.join(pair) if all(pair) else ""
        if not text.strip():
            empty += 1
        elif label is not None and not row[label].strip():
            unlabelled += 1
        else:
            inputs.append(text)
            kept.append(row)
            labels.append("" if label is None else row[label].strip())
    warnings = []
    # The end of a file of lines is an empty line and worth no word.
    if empty > (0 if table.named or len(table.columns) > 1 else 1):
        warnings.append(Reason("warning.empty_rows", {"count": empty}))
    if unlabelled:
        warnings.append(Reason("warning.unlabelled_rows", {"count": unlabelled}))
    return inputs, None if label is None else labels, kept, warnings
