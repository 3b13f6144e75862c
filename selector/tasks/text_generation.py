# SPDX-License-Identifier: Apache-2.0
"""Text generation: a prompt in, streamed text out; the chat template is used where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task, TaskRunner
from selector.tasks.models import Writer, Written
from selector.tasks.outputs import Event, Finished, Partial, Text
from selector.tasks.torch_writer import load_torch_writer

MAX_NEW_TOKENS = 128


class GenerationRunner:
    """A causal language model; greedy unless a temperature is given."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: Writer) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner; Partial pieces in order before each Finished."""
        given = {"max_new_tokens": MAX_NEW_TOKENS, **parameters}
        for index, text in enumerate(inputs):
            if cancelled():
                return
            written = Written()
            try:
                for piece in self._model.write(text, given, cancelled, written):
                    yield Partial(index, piece)
            except RunFailed as error:
                raise RunFailed(**{"index": index, **error.facts}) from error
            if cancelled():
                return
            yield Finished(index, Text(written.text, written.tokens), written.cut)


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return GenerationRunner(load_torch_writer(folder, options))


TASK = Task(
    id="text-generation",
    modality="text",
    title={"en": "Write text or answer", "fr": "Écrire un texte ou répondre"},
    purpose={
        "en": "A request goes in, a written answer comes out word by word: drafts, rewrites, short replies.",
        "fr": "Une demande entre, une réponse écrite sort mot à mot : brouillons, reformulations, réponses courtes.",
    },
    words={
        "en": (
            "write", "generate", "answer", "reply", "chat", "draft", "rewrite", "assistant", "complete", "code",
            "story", "summarise", "summarize", "summary", "explain", "chatbot", "prompt", "llm",
        ),
        "fr": (
            "écrire", "rédiger", "générer", "répondre", "réponse", "discuter", "brouillon", "reformuler",
            "assistant", "compléter", "code", "histoire", "résumer", "résumé", "expliquer", "chatbot",
        ),
    },
    input_kind="text",
    output_kind="text",
    hub_tags=("text-generation", "text2text-generation"),
    sample_inputs={
        "en": ("Write a one-sentence apology for a late parcel.",),
        "fr": ("Écris une phrase d’excuse pour un colis en retard.",),
    },
    metrics=("token-f1", "exact-match"),
    load_torch=_load,
    head="writer",
    runner=GenerationRunner,
    streams=True,
    default_parameters={"max_new_tokens": MAX_NEW_TOKENS},
)  # fmt: skip
