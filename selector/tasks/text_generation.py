# SPDX-License-Identifier: Apache-2.0
"""Text generation: a prompt in, streamed text out; the chat template is used where there is one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import OutOfMemory, RunFailed
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Finished, Partial, Text
from selector.tasks.torch_loading import (
    TorchModel,
    first_line,
    is_out_of_memory,
    load_torch_model,
)

MAX_NEW_TOKENS = 128


class GenerationRunner:
    """A causal language model; greedy unless a temperature is given."""

    labels: tuple[str, ...] = ()

    def __init__(self, loaded: TorchModel) -> None:
        self._loaded = loaded
        self.parameters = loaded.parameters

    def _ids(self, text: str) -> list[int]:
        """The prompt's tokens, inside the chat template where there is one."""
        tokenizer = self._loaded.tokenizer
        if not tokenizer.chat_template:
            return list(tokenizer(text)["input_ids"])
        # Templates ignore what they do not know; those that can think aloud are asked not to.
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        return list(tokenizer(prompt, add_special_tokens=False)["input_ids"])

    def _prompt(self, text: str, room: int) -> Any:
        """Tokens as a tensor; a text that leaves no ``room`` for an answer loses its end."""
        import torch

        tokenizer = self._loaded.tokenizer
        limit = max(1, self._loaded.max_length - room)
        ids = self._ids(text)
        if len(ids) > limit:
            frame = len(self._ids(""))
            kept = tokenizer(text, add_special_tokens=False)["input_ids"][: max(1, limit - frame)]
            ids = self._ids(tokenizer.decode(kept))[:limit]
        return torch.tensor([ids], device=self._loaded.device)

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Partial | Finished]:
        """See TaskRunner; Partial pieces in order before each Finished."""
        for index, text in enumerate(inputs):
            if cancelled():
                return
            outcome: dict[str, Any] = {}
            for piece in self._stream(text, parameters, cancelled, outcome):
                yield Partial(index, piece)
            error = outcome.get("error")
            if error is not None:
                if is_out_of_memory(error):
                    raise OutOfMemory() from error
                raise RunFailed(index=index, detail=first_line(error)) from error
            if cancelled():
                return
            yield Finished(index, Text(outcome["text"], outcome["tokens"]))

    def _stream(
        self,
        text: str,
        parameters: Mapping[str, Any],
        cancelled: Callable[[], bool],
        outcome: dict[str, Any],
    ) -> Iterator[str]:
        import torch
        import transformers

        left = threading.Event()  # set when nobody reads the pieces any more

        class Stop(transformers.StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                end = left.is_set() or cancelled()
                return torch.full((input_ids.shape[0],), end, device=input_ids.device)

        room = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        tokenizer = self._loaded.tokenizer
        streamer = transformers.TextIteratorStreamer(
            tokenizer, skip_prompt=True, skip_special_tokens=True
        )
        temperature = float(parameters.get("temperature", 0.0))
        options: dict[str, Any] = {"do_sample": temperature > 0}
        if temperature > 0:
            options["temperature"] = temperature
        if (seed := parameters.get("seed")) is not None:
            torch.manual_seed(int(seed))

        def work() -> None:
            try:
                prompt = self._prompt(text, room)
                with torch.inference_mode():
                    ids = self._loaded.model.generate(
                        input_ids=prompt,
                        attention_mask=torch.ones_like(prompt),
                        max_new_tokens=room,
                        pad_token_id=tokenizer.pad_token_id,
                        stopping_criteria=transformers.StoppingCriteriaList([Stop()]),
                        streamer=streamer,
                        **options,
                    )
                new = ids[0, prompt.shape[1] :]
                outcome["tokens"] = int(new.shape[0])
                outcome["text"] = tokenizer.decode(new, skip_special_tokens=True).strip()
            except Exception as error:  # noqa: BLE001 - crosses a thread, then raised as RunFailed
                outcome["error"] = error
                # generate() that raises never ends its streamer, and the reader would wait for ever.
                streamer.end()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            left.set()
            thread.join()


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return GenerationRunner(load_torch_model(folder, "AutoModelForCausalLM", options))


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
    streams=True,
    default_parameters={"max_new_tokens": MAX_NEW_TOKENS},
)  # fmt: skip
