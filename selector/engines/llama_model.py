# SPDX-License-Identifier: Apache-2.0
"""Writers and embedders on llama.cpp."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.engines.gguf_header import GgufHeader, read_header
from selector.engines.llama_server import LlamaServer, ServerOptions, TooLong, raise_for
from selector.errors import LoadFailed, PetitError, RunFailed, UnsupportedModel
from selector.tasks.failures import first_line
from selector.tasks.models import Rows, Stop, Written
from selector.tasks.pooling import pooling_of

FIRST_CONTEXT = 2048
"""Tokens there is room for at first; the room grows when an input needs it, as memory costs."""
LONGEST_CONTEXT = 32768
EMBEDDING_CONTEXT = 512
LONGEST_EMBEDDING = 8192
SLOTS = 8
"""Texts embedded at once."""
_POOLINGS = {0: "none", 1: "mean", 2: "cls", 3: "last", 4: "rank"}


def context_of(header: GgufHeader, longest: int) -> int:
    """Tokens the model was made for, at most ``longest``."""
    return min(header.number("context_length") or FIRST_CONTEXT, longest)


def _fitting(text: str, tokens: int, limit: int) -> str:
    """``text`` cut so that about ``limit`` of its ``tokens`` remain: a little less with every try."""
    return text[: min(len(text) - 1, int(len(text) * limit / tokens * 0.98))]


class LlamaWriter:
    """See Writer."""

    def __init__(self, server: LlamaServer, header: GgufHeader, parameters: int) -> None:
        self._server = server
        self._chat = header.template
        self._longest = context_of(header, LONGEST_CONTEXT)
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
                    asked = _fitting(asked, error.tokens, limit)
                    written.cut = max(1, first - limit)
                continue
            return

    def _make_room(self, tokens: int, room: int) -> int:
        """Grow the context for a prompt of ``tokens``; how many of them there is room for."""
        context = self._server.options.context
        if context < self._longest:
            wanted = -(-(tokens + room + 1) // 1024) * 1024
            self._server.grow(min(max(wanted, context), self._longest))
        context = self._server.options.context
        # Of a model with little room half at least is for the prompt, however much is asked for.
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
                self._take(chunk, parts, pieces, written)
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
    ) -> None:
        """Read one chunk of the stream. Raises as raise_for."""
        raise_for(chunk)
        if isinstance(timings := chunk.get("timings"), dict):
            written.tokens = int(timings.get("predicted_n") or 0)
        for choice in chunk.get("choices") or ():
            piece = choice.get("text") or (choice.get("delta") or {}).get("content")
            if piece:
                parts.append(piece)
                pieces.put(piece)


class LlamaEmbedder:
    """See Embedder: llama.cpp pools as the file says."""

    def __init__(
        self, server: LlamaServer, header: GgufHeader, parameters: int, prompt: str
    ) -> None:
        self._server = server
        self._longest = context_of(header, LONGEST_EMBEDDING)
        self._prompt = prompt
        self.parameters = parameters

    def vectors(self, texts: Sequence[str], stop: Stop) -> Iterator[Rows]:
        """See Embedder. Raises RunFailed, OutOfMemory."""
        import numpy as np

        # Texts of similar length together, the longest first: what needs more room shows at once.
        order = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), i))
        for start in range(0, len(order), SLOTS):
            if stop():
                return
            indices = order[start : start + SLOTS]
            prompted = [self._prompt + texts[i] for i in indices]
            rows, cut = self._embed(prompted, indices)
            yield Rows(indices, np.asarray(rows, np.float32), cut)

    def _embed(self, texts: list[str], indices: list[int]) -> tuple[list[list[float]], list[int]]:
        try:
            return self._server.embed(texts), [0] * len(texts)
        except TooLong:
            if len(texts) == 1:
                return self._embed_cut(texts[0])
        except RunFailed as error:
            if len(texts) == 1:
                raise RunFailed(**{"index": indices[0], **error.facts}) from error
        # One of them: which one shows when each is asked alone.
        found = [self._embed([text], [i]) for text, i in zip(texts, indices, strict=True)]
        return [rows[0] for rows, _ in found], [cut[0] for _, cut in found]

    def _embed_cut(self, text: str) -> tuple[list[list[float]], list[int]]:
        """One text that does not fit: with more room, or without its end."""
        first = 0
        while True:
            try:
                rows = self._server.embed([text])
            except TooLong as error:
                first = first or error.tokens
                context = self._server.options.context
                if context < self._longest:
                    wanted = -(-(error.tokens + 1) // 512) * 512
                    self._server.grow(min(max(wanted, context), self._longest))
                    context = self._server.options.context
                if error.tokens > context:
                    text = _fitting(text, error.tokens, context)
                continue
            return rows, [max(0, first - self._server.options.context)]


def _header(paths: Sequence[Path], repo: str) -> tuple[GgufHeader, int]:
    """The first file's header, and the weights of all files. Raises LoadFailed."""
    try:
        headers = [read_header(path) for path in paths]
    except (OSError, ValueError) as error:
        raise LoadFailed(repo=repo, detail=first_line(error)) from error
    return headers[0], sum(header.parameters for header in headers)


def load_writer(paths: Sequence[Path], folder: Path, options: Mapping[str, Any]) -> LlamaWriter:
    """Raises LoadFailed, UnsupportedModel, OutOfMemory."""
    repo = str(options.get("repo", folder.name))
    header, parameters = _header(paths, repo)
    if _pooling(header) is not None or header.architecture.endswith(("bert", "bert-v2", "bert-v3")):
        raise UnsupportedModel(
            repo=repo, reason="risk.no_head", architecture=header.architecture[:80]
        )
    context = context_of(header, FIRST_CONTEXT)
    server = LlamaServer(ServerOptions(paths[0], repo, int(options["threads"]), context))
    return LlamaWriter(server, header, int(options.get("parameters") or parameters))


def load_embedder(paths: Sequence[Path], folder: Path, options: Mapping[str, Any]) -> LlamaEmbedder:
    """Raises LoadFailed, UnsupportedModel, OutOfMemory."""
    repo = str(options.get("repo", folder.name))
    header, parameters = _header(paths, repo)
    pooling = _pooling(header)
    if pooling == "rank":
        raise UnsupportedModel(repo=repo, reason="risk.no_output", output="embedding")
    options_ = ServerOptions(
        paths[0],
        repo,
        int(options["threads"]),
        context_of(header, EMBEDDING_CONTEXT),
        SLOTS,
        embedding=True,
        pooling="mean" if pooling in {None, "none"} else None,
    )
    prompt = pooling_of(folder, repo).prompt
    known = int(options.get("parameters") or parameters)
    return LlamaEmbedder(LlamaServer(options_), header, known, prompt)


def _pooling(header: GgufHeader) -> str | None:
    number = header.number("pooling_type")
    return None if number is None else _POOLINGS.get(number, "rank")
