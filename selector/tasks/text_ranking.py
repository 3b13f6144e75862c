# SPDX-License-Identifier: Apache-2.0
"""Text ranking: a question and a text in, how well the text answers it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed, UnsupportedModel
from selector.tasks.base import PAIR_SEPARATOR, Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Similarity
from selector.tasks.text_classification import probabilities
from selector.tasks.torch_pairs import TorchPairClassifier


class RankingRunner:
    """A cross-encoder: one score for question and text read together, 0 to 1."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchPairClassifier, repo: str) -> None:
        if len(model.labels) > 2:
            facts = {"labels": ", ".join(model.labels[:5])}
            raise UnsupportedModel(repo=repo, reason="risk.no_single_score", **facts)
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        pairs = [(a, b) for a, _, b in (text.partition(PAIR_SEPARATOR) for text in inputs)]
        for rows in self._model.logits(pairs, cancelled):
            scores = probabilities(rows.values, several=rows.values.shape[1] == 1)[:, -1]
            for place, index in enumerate(rows.indices):
                score = float(scores[place])
                if math.isfinite(score):
                    yield Finished(index, Similarity(score), rows.cut[place])
                else:
                    yield Failed(index, RunFailed(detail="the score is not a number"))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    repo = str(options.get("repo", folder.name))
    return RankingRunner(TorchPairClassifier(folder, options), repo)


TASK = Task(
    id="text-ranking",
    modality="text",
    title={"en": "Rank texts by relevance", "fr": "Ordonner par pertinence"},
    purpose={
        "en": "A question and a text get a score: the text that answers best comes first. For the last step of a search.",
        "fr": "Une question et un texte reçoivent une note : le plus pertinent vient en tête. Pour finir une recherche.",
    },
    words={
        "en": (
            "rank", "ranking", "rerank", "reranking", "relevance", "relevant", "order", "best answer", "search results",
            "score passages", "prioritise", "prioritize", "answers", "hits", "most relevant",
        ),
        "fr": (
            "pertinence", "pertinent", "pertinents", "ordonner", "réordonner", "classement de résultats", "résultats",
            "meilleure réponse", "noter", "hiérarchiser", "prioriser", "réponses", "reclasser",
        ),
    },
    input_kind="text_pair",
    output_kind="similarity",
    hub_tags=("text-ranking", "text-classification"),
    sample_inputs={
        "en": (
            "How do I change my PIN?\tChoose a new PIN in the app under Card.",
            "How do I change my PIN?\tWe open at nine.",
        ),
        "fr": (
            "Comment changer mon code ?\tChoisissez un nouveau code dans l’application.",
            "Comment changer mon code ?\tNous ouvrons à neuf heures.",
        ),
    },
    metrics=("ndcg", "mrr", "spearman"),
    load_torch=_load,
    parts={"en": ("Question", "Text"), "fr": ("Question", "Texte")},
)  # fmt: skip
