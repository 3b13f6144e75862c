# SPDX-License-Identifier: Apache-2.0
"""Text generation: a prompt in, streamed text out; the chat template is used where there is one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Finished, Partial, Text
from selector.tasks.torch_loading import TorchModel, load_torch_model

MAX_NEW_TOKENS = 128


class GenerationRunner:
    """A causal language model; greedy unless a temperature is given."""

    labels: tuple[str, ...] = ()

    def __init__(self, loaded: TorchModel) -> None:
        self._loaded = loaded
        self.parameters = loaded.parameters

    def _prompt(self, text: str) -> Any:
        tokenizer = self._loaded.tokenizer
        if tokenizer.chat_template:
            text = tokenizer.apply_chat_template(
                [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
            )
            return tokenizer(text, return_tensors="pt", add_special_tokens=False).to(
                self._loaded.device
            )
        return tokenizer(text, return_tensors="pt").to(self._loaded.device)

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Partial | Finished]:
        """See TaskRunner; Partial pieces in order before each Finished."""
        for index, text in enumerate(inputs):
            if cancelled():
                return
            pieces: list[str] = []
            outcome: dict[str, Any] = {}
            for piece in self._stream(text, parameters, cancelled, outcome):
                pieces.append(piece)
                yield Partial(index, piece)
            if "error" in outcome:
                raise RunFailed(index=index, detail=outcome["error"])
            if cancelled():
                return
            yield Finished(index, Text("".join(pieces), int(outcome.get("tokens", 0))))

    def _stream(
        self,
        text: str,
        parameters: Mapping[str, Any],
        cancelled: Callable[[], bool],
        outcome: dict[str, Any],
    ) -> Iterator[str]:
        import torch
        import transformers

        class Stop(transformers.StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                return torch.full((input_ids.shape[0],), cancelled(), device=input_ids.device)

        batch = self._prompt(text)
        streamer = transformers.TextIteratorStreamer(
            self._loaded.tokenizer, skip_prompt=True, skip_special_tokens=True
        )
        temperature = float(parameters.get("temperature", 0.0))
        options: dict[str, Any] = {"do_sample": temperature > 0}
        if temperature > 0:
            options["temperature"] = temperature
        if (seed := parameters.get("seed")) is not None:
            torch.manual_seed(int(seed))

        def work() -> None:
            try:
                with torch.inference_mode():
                    ids = self._loaded.model.generate(
                        **batch,
                        max_new_tokens=int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)),
                        pad_token_id=self._loaded.tokenizer.pad_token_id,
                        stopping_criteria=transformers.StoppingCriteriaList([Stop()]),
                        streamer=streamer,
                        **options,
                    )
                outcome["tokens"] = int(ids.shape[1] - batch["input_ids"].shape[1])
            except Exception as error:  # noqa: BLE001 - crosses a thread, then raised as RunFailed
                outcome["error"] = f"{type(error).__name__}: {error}"[:300]
                # generate() that raises never ends its streamer, and the reader would wait for ever.
                streamer.end()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from (piece for piece in streamer if piece)
        except queue.Empty:
            outcome["error"] = "the stream stopped"
        thread.join()


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return GenerationRunner(
        load_torch_model(folder, "AutoModelForCausalLM", options, ignore_head=False)
    )


TASK = Task(
    id="text-generation",
    modality="text",
    title={"en": "Write text or answer", "fr": "Écrire un texte ou répondre"},
    purpose={
        "en": "A request goes in, a written answer comes out word by word: drafts, rewrites, short replies.",
        "fr": "Une demande entre, une réponse écrite sort mot à mot : brouillons, reformulations, réponses courtes.",
    },
    words={
        "en": (
            "write", "generate", "answer", "reply", "chat", "draft", "rewrite", "assistant", "complete", "code",
            "story", "summarise", "summarize", "explain", "chatbot", "prompt",
        ),
        "fr": (
            "écrire", "rédiger", "générer", "répondre", "réponse", "discuter", "brouillon", "reformuler",
            "assistant", "compléter", "code", "histoire", "résumer", "expliquer", "chatbot",
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
    streams=True,
    default_parameters={"max_new_tokens": MAX_NEW_TOKENS},
)  # fmt: skip
