# SPDX-License-Identifier: Apache-2.0
"""Language models on llama.cpp: streaming, with the file's own chat template."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.engines.gguf_header import GgufHeader
from selector.engines.llama_server import (
    LlamaServer,
    ServerOptions,
    TooLong,
    raise_for,
    read_headers,
    shortened,
)
from selector.errors import PetitError, RunFailed, UnsupportedModel
from selector.tasks.failures import first_line
from selector.tasks.models import Stop, Written

FIRST_CONTEXT = 2048
"""Tokens there is room for at first; the room grows when an input needs it, as memory costs."""
LONGEST_CONTEXT = 32768


class LlamaWriter:
    """See Writer."""

    def __init__(self, server: LlamaServer, header: GgufHeader, parameters: int) -> None:
        self._server = server
        self._chat = header.template
        self._longest = header.context(FIRST_CONTEXT, LONGEST_CONTEXT)
        self.parameters = parameters

    def write(
        self, text: str, parameters: Mapping[str, Any], stop: Stop, written: Written
    ) -> Iterator[str]:
        """See Writer. Raises RunFailed, OutOfMemory."""
        room = max(1, int(parameters["max_new_tokens"]))
        asked = text
        first = 0
        while True:
            try:
                yield from self._stream(asked, room, parameters, stop, written)
            except TooLong as error:
                first = first or error.tokens
                limit = self._make_room(error.tokens, room)
                if error.tokens > limit:
                    if not asked:
                        raise RunFailed(detail=f"{error.tokens} tokens before the text") from error
                    asked = shortened(asked, error.tokens, limit)
                    written.cut = max(1, first - limit)
                continue
            return

    def _make_room(self, tokens: int, room: int) -> int:
        """Grow the context for a prompt of ``tokens``; how many of them there is room for."""
        context = self._server.options.context
        if context < self._longest:
            wanted = -(-(tokens + room + 1) // 1024) * 1024
            self._server.grow(min(max(wanted, context), self._longest))
        return self._prompt_room(room)

    def _prompt_room(self, room: int) -> int:
        """Tokens a prompt may have beside an answer of ``room``; half the context at least."""
        context = self._server.options.context
        return max(context // 2, context - room - 1)

    def _stream(
        self, text: str, room: int, parameters: Mapping[str, Any], stop: Stop, written: Written
    ) -> Iterator[str]:
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        left = threading.Event()  # set when nobody reads the pieces any more
        problem: list[Exception] = []
        parts: list[str] = []

        def arrived(chunk: Any) -> bool:
            try:
                self._take(chunk, parts, pieces, written, room)
            except Exception as error:  # noqa: BLE001 - crosses a thread, then raised below
                problem.append(error)
                return True
            return left.is_set() or stop()

        def work() -> None:
            try:
                answer = self._ask(text, room, parameters)(arrived)
                raise_for(answer)
            except Exception as error:  # noqa: BLE001 - crosses a thread, then raised below
                problem.append(error)
            finally:
                pieces.put(None)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while (piece := pieces.get()) is not None:
                yield piece
        finally:
            left.set()
            thread.join()
        for error in problem:
            if isinstance(error, TooLong | PetitError):
                raise error
            raise RunFailed(detail=first_line(error)) from error
        written.text = "".join(parts).strip()

    def _ask(
        self, text: str, room: int, parameters: Mapping[str, Any]
    ) -> Callable[[Callable[[Any], bool]], Any]:
        temperature = float(parameters.get("temperature", 0.0))
        payload: dict[str, Any] = {
            "max_tokens": min(room, self._server.options.context - 1),
            "temperature": temperature,
            "stream": True,
            "return_progress": True,  # a chunk after each batch of the prompt: cancel is seen there
            "cache_prompt": False,
        }
        if temperature > 0:
            # As transformers samples unless it is told otherwise.
            payload |= {"top_k": 50, "top_p": 1.0, "min_p": 0.0}
        if (seed := parameters.get("seed")) is not None:
            payload["seed"] = int(seed)
        if not self._chat:
            return lambda arrived: self._server.complete({**payload, "prompt": text}, arrived)
        payload |= {
            "messages": [{"role": "user", "content": text}],
            # Templates ignore what they do not know; those that can think aloud are asked not to.
            "chat_template_kwargs": {"enable_thinking": False},
            "reasoning_format": "none",
        }
        return lambda arrived: self._server.chat(payload, arrived)

    def _take(
        self,
        chunk: Any,
        parts: list[str],
        pieces: queue.SimpleQueue[str | None],
        written: Written,
        room: int,
    ) -> None:
        """Read one chunk of the stream. Raises as raise_for."""
        raise_for(chunk)
        progress = chunk.get("prompt_progress")
        if isinstance(progress, dict) and progress.get("total", 0) > self._prompt_room(room):
            # It fits, but its answer would end before its time.
            raise TooLong(int(progress["total"]))
        if isinstance(timings := chunk.get("timings"), dict):
            written.tokens = int(timings.get("predicted_n") or 0)
        for choice in chunk.get("choices") or ():
            piece = choice.get("text") or (choice.get("delta") or {}).get("content")
            if piece:
                parts.append(piece)
                pieces.put(piece)


def load_writer(paths: Sequence[Path], folder: Path, options: Mapping[str, Any]) -> LlamaWriter:
    """Raises LoadFailed, UnsupportedModel, OutOfMemory."""
    repo = str(options.get("repo", folder.name))
    header, parameters = read_headers(paths, repo)
    if header.pooling is not None or header.architecture.endswith(("bert", "bert-v2", "bert-v3")):
        raise UnsupportedModel(
            repo=repo, reason="risk.no_head", architecture=header.architecture[:80]
        )
    context = header.context(FIRST_CONTEXT, FIRST_CONTEXT)
    server = LlamaServer(ServerOptions(paths[0], repo, int(options["threads"]), context))
    return LlamaWriter(server, header, int(options.get("parameters") or parameters))
