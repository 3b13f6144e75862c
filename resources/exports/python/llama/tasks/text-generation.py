"""Text generation: a prompt in, a text out; greedy unless settings.json has a temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_loading import Server, TooLong, raise_for, shortened

MAX_NEW_TOKENS = 128


class Runner:
    """A language model in a GGUF file; its own chat template is used where it has one."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.server = Server(folder, embedding=False)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "text", "text": ..., "tokens": ...}`` for each prompt."""
        return [self._write(text, parameters) for text in texts]

    def _write(self, text: str, parameters: dict[str, Any]) -> dict[str, Any]:
        room = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        while True:
            try:
                return self._ask(text, room, parameters)
            except TooLong as error:
                context = self.server.grow(error.tokens + room)
                limit = max(context // 2, context - room - 1)
                if error.tokens > limit:
                    if not text:
                        raise
                    text = shortened(text, error.tokens, limit)

    def _ask(self, text: str, room: int, parameters: dict[str, Any]) -> dict[str, Any]:
        temperature = float(parameters.get("temperature", 0.0))
        payload: dict[str, Any] = {
            "max_tokens": min(room, self.server.context - 1),
            "temperature": temperature,
            "stream": True,
            "return_progress": True,
            "cache_prompt": False,
        }
        if temperature > 0:
            payload |= {"top_k": 50, "top_p": 1.0, "min_p": 0.0}
        if (seed := parameters.get("seed")) is not None:
            payload["seed"] = int(seed)
        parts: list[str] = []
        tokens = 0
        problem: list[Exception] = []

        def arrived(chunk: Any) -> bool:
            nonlocal tokens
            try:
                raise_for(chunk)
                progress = chunk.get("prompt_progress")
                limit = max(self.server.context // 2, self.server.context - room - 1)
                if isinstance(progress, dict) and progress.get("total", 0) > limit:
                    raise TooLong(int(progress["total"]))
            except Exception as error:
                problem.append(error)
                return True
            if isinstance(timings := chunk.get("timings"), dict):
                tokens = int(timings.get("predicted_n") or 0)
            for choice in chunk.get("choices") or ():
                parts.append(choice.get("text") or (choice.get("delta") or {}).get("content") or "")
            return False

        if self.server.settings["template"]:
            payload |= {
                "messages": [{"role": "user", "content": text}],
                "chat_template_kwargs": {"enable_thinking": False},
                "reasoning_format": "none",
            }
            answer = self.server.server.handle_chat_completions(payload, arrived)
        else:
            answer = self.server.server.handle_completions({**payload, "prompt": text}, arrived)
        for error in problem:
            raise error
        raise_for(answer)
        return {"kind": "text", "text": "".join(parts).strip(), "tokens": tokens}
