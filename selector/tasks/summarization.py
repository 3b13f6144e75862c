# SPDX-License-Identifier: Apache-2.0
"""Summarization: a long text in, a short one out, by models made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Text
from selector.tasks.readable import without_empty
from selector.tasks.torch_seq2seq import TorchRewriter

MAX_NEW_TOKENS = 128


class SummaryRunner:
    """An encoder-decoder, greedy, with the prefix that its files name for summaries."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchRewriter) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner. Parameter: max_new_tokens."""
        kept, refused = without_empty(inputs)
        for refusal in refused:
            yield Failed(int(refusal.facts["index"]), refusal)
        most = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        prefix = self._model.prefix("summarization")
        texts = [prefix + inputs[index] for index in kept]
        for found in self._model.rewrite(texts, most, cancelled):
            yield Finished(kept[found.index], Text(found.text, found.tokens), found.cut)


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return SummaryRunner(TorchRewriter(folder, options))


TASK = Task(
    id="summarization",
    modality="text",
    title={"en": "Summarise texts", "fr": "Résumer des textes"},
    purpose={
        "en": "A long text goes in, its main points come out in a few sentences: reports, articles, conversations.",
        "fr": "Un long texte entre, l’essentiel ressort en quelques phrases : rapports, articles, conversations.",
    },
    words={
        "en": ("summarise", "summarize", "summary", "report", "shorten", "condense", "abstract", "digest", "gist"),
        "fr": ("résumer", "résumé", "rapport", "raccourcir", "condenser", "synthèse", "synthétiser", "abréger", "essentiel"),
    },
    input_kind="text",
    output_kind="text",
    hub_tags=("summarization",),
    sample_inputs={
        "en": (
            "The museum opened in 1901 in a former mill. It burned down in 1954, was rebuilt by volunteers, and now "
            "draws 40,000 visitors a year, most of them in summer.",
        ),
        "fr": (
            "Le musée a ouvert en 1901 dans un ancien moulin. Détruit par un incendie en 1954, il a été reconstruit "
            "par des bénévoles et reçoit 40 000 visiteurs par an, surtout en été.",
        ),
    },
    metrics=("token-f1", "chrf"),
    load_torch=_load,
    default_parameters={"max_new_tokens": MAX_NEW_TOKENS},
)  # fmt: skip
