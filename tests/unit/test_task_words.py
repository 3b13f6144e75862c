# SPDX-License-Identifier: Apache-2.0
"""Plain words find the task, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.tasks.words import match

CLASSIFY, EMBED = "text-classification", "feature-extraction"
COMPARE, WRITE = "sentence-similarity", "text-generation"
SHORTEN = "summarization"


@pytest.mark.parametrize(
    ("words", "task"),
    [
        ("sort customer messages into categories", CLASSIFY),
        ("trier des messages", CLASSIFY),
        ("TRIER LES COURRIELS", CLASSIFY),
        ("classer les e-mails de mes clients", CLASSIFY),
        ("is this review positive or negative", CLASSIFY),
        ("detecter le spam", CLASSIFY),
        ("étiqueter des tickets", CLASSIFY),
        ("search my documents", EMBED),
        ("chercher dans mes documents", EMBED),
        ("recherche sémantique", EMBED),
        ("regrouper des avis", EMBED),
        ("find similar questions", COMPARE),
        ("detect duplicates", COMPARE),
        ("trouver des questions en double", COMPARE),
        ("deux phrases qui veulent dire la même chose", COMPARE),
        ("write a reply", WRITE),
        ("écrire une réponse", WRITE),
        ("ecrire une reponse", WRITE),
        ("résumer", SHORTEN),
        ("summarise a report", SHORTEN),
        ("rédiger des courriels", WRITE),
    ],
)
def test_plain_words_find_the_task(words: str, task: str) -> None:
    ranked = match(words, registry.tasks().values())
    assert ranked[0][0].id == task
    assert ranked[0][1] > ranked[1][1]


@pytest.mark.parametrize("words", ["", "   ", "zzzz qqqq", "de la le", "🙂"])
def test_words_that_say_nothing_score_nothing(words: str) -> None:
    ranked = match(words, registry.tasks().values())
    assert [score for _, score in ranked] == [0.0] * len(registry.tasks())
    assert [task.id for task, _ in ranked] == sorted(registry.tasks())


def test_a_tasks_own_id_is_certain() -> None:
    for task in registry.tasks().values():
        assert match(f" {task.id.upper()} ", registry.tasks().values())[0] == (task, 1.0)


@given(st.text(max_size=80))
def test_every_task_is_listed_once_best_first(words: str) -> None:
    ranked = match(words, registry.tasks().values())
    scores = [score for _, score in ranked]
    assert sorted(task.id for task, _ in ranked) == sorted(registry.tasks())
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
