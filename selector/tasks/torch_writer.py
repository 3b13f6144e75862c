# SPDX-License-Identifier: Apache-2.0
"""A causal language model on PyTorch, streaming."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from selector.errors import OutOfMemory, RunFailed
from selector.tasks.failures import first_line, is_out_of_memory
from selector.tasks.models import Stop, Written
from selector.tasks.torch_loading import TorchModel, load_torch_model


class TorchWriter:
    """See Writer."""

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

    def _prompt(self, text: str, room: int) -> tuple[list[int], int]:
        """Tokens, and how many were left out: a text that leaves no ``room`` loses its end."""
        tokenizer = self._loaded.tokenizer
        limit = max(1, self._loaded.max_length - room)
        ids = self._ids(text)
        whole = len(ids)
        if whole > limit:
            frame = len(self._ids(""))
            kept = tokenizer(text, add_special_tokens=False)["input_ids"][: max(1, limit - frame)]
            ids = self._ids(tokenizer.decode(kept))[:limit]
        return ids, max(0, whole - len(ids))

    def write(
        self, text: str, parameters: Mapping[str, Any], stop: Stop, written: Written
    ) -> Iterator[str]:
        """See Writer. Raises RunFailed, OutOfMemory."""
        import torch
        import transformers

        left = threading.Event()  # set when nobody reads the pieces any more
        problem: list[Exception] = []

        class Stopping(transformers.StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                end = left.is_set() or stop()
                return torch.full((input_ids.shape[0],), end, device=input_ids.device)

        room = max(1, int(parameters["max_new_tokens"]))
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
                ids, written.cut = self._prompt(text, room)
                prompt = torch.tensor([ids], device=self._loaded.device)
                with torch.inference_mode():
                    found = self._loaded.model.generate(
                        input_ids=prompt,
                        attention_mask=torch.ones_like(prompt),
                        max_new_tokens=room,
                        pad_token_id=tokenizer.pad_token_id,
                        stopping_criteria=transformers.StoppingCriteriaList([Stopping()]),
                        streamer=streamer,
                        **options,
                    )
                new = found[0, prompt.shape[1] :]
                written.tokens = int(new.shape[0])
                written.text = tokenizer.decode(new, skip_special_tokens=True).strip()
            except Exception as error:  # noqa: BLE001 - crosses a thread, then raised below
                problem.append(error)
                # generate() that raises never ends its streamer, and the reader would wait for ever.
                streamer.end()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            left.set()
            thread.join()
        for error in problem:
            if is_out_of_memory(error):
                raise OutOfMemory() from error
            raise RunFailed(detail=first_line(error)) from error


def load_torch_writer(folder: Path, options: Mapping[str, Any]) -> TorchWriter:
    """Raises what load_torch_model raises."""
    return TorchWriter(load_torch_model(folder, "AutoModelForCausalLM", options))
