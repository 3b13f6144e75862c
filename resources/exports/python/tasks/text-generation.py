"""Text generation: a prompt in, a text out; greedy unless settings.json has a temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import load

MAX_NEW_TOKENS = 128


class Runner:
    """A causal language model; the chat template is used where there is one."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForCausalLM", precision)

    def _ids(self, text: str) -> list[int]:
        tokenizer = self.loaded.tokenizer
        if not tokenizer.chat_template:
            return list(tokenizer(text)["input_ids"])
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        return list(tokenizer(prompt, add_special_tokens=False)["input_ids"])

    def _prompt(self, text: str, room: int) -> Any:
        """Tokens; a text that leaves no room for an answer loses its end."""
        tokenizer = self.loaded.tokenizer
        limit = max(1, self.loaded.max_length - room)
        ids = self._ids(text)
        if len(ids) > limit:
            frame = len(self._ids(""))
            kept = tokenizer(text, add_special_tokens=False)["input_ids"][: max(1, limit - frame)]
            ids = self._ids(tokenizer.decode(kept))[:limit]
        return torch.tensor([ids])

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "text", "text": ..., "tokens": ...}`` for each prompt."""
        room = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        temperature = float(parameters.get("temperature", 0.0))
        options: dict[str, Any] = {"do_sample": temperature > 0}
        if temperature > 0:
            options["temperature"] = temperature
        tokenizer = self.loaded.tokenizer
        answers = []
        for text in texts:
            if (seed := parameters.get("seed")) is not None:
                torch.manual_seed(int(seed))
            prompt = self._prompt(text, room)
            with torch.inference_mode():
                ids = self.loaded.model.generate(
                    input_ids=prompt,
                    attention_mask=torch.ones_like(prompt),
                    max_new_tokens=room,
                    pad_token_id=tokenizer.pad_token_id,
                    **options,
                )
            new = ids[0, prompt.shape[1] :]
            answer = tokenizer.decode(new, skip_special_tokens=True).strip()
            answers.append({"kind": "text", "text": answer, "tokens": int(new.shape[0])})
        return answers
