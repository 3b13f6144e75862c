# SPDX-License-Identifier: Apache-2.0
"""One llama.cpp server inside this process, through xllamacpp: JSON in, JSON out, no port needed.

What llama.cpp says of a failure it says on stderr, in C. A load that failed is tried once more with that
text caught, so that the user is told the reason. It is not caught at once: when llama.cpp aborts, its
last words must reach the parent.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from selector.engines.gguf_header import GgufHeader, read_header
from selector.errors import LoadFailed, OutOfMemory, PetitError, RunFailed
from selector.tasks.failures import first_line

_REASON = re.compile(r" E .*?error loading model: (.*)|gguf_init_from_\w+: (.*)| E .*?: (.*)")
_NO_MEMORY = re.compile(
    r"failed to allocate|unable to allocate|out of memory|ENOMEM", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How a server is started. ``context``: tokens a sequence may have; ``slots``: sequences at once."""

    path: Path
    repo: str
    threads: int
    context: int
    slots: int = 1
    embedding: bool = False
    pooling: str | None = None
    """The pooling to use where the file names none."""


@contextlib.contextmanager
def _caught_stderr() -> Iterator[Callable[[], str]]:
    """Catch what C writes to descriptor 2."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)

        def read() -> str:
            file.seek(0)
            return file.read(200_000).decode("utf-8", "replace")

        try:
            yield read
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _reason(text: str, folder: str) -> str:
    """The most telling line of llama.cpp's own complaint."""
    found = [match for line in text.splitlines() if (match := _REASON.search(line))]
    for group in (2, 1, 3):
        for match in found:
            if match[group] and "failed to load model" not in match[group]:
                return match[group].replace(folder, "").strip()[:300]
    return "llama.cpp cannot read it"


class LlamaServer:
    """A running server; it can be started anew with a longer context."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self._server: Any = None
        self._start()

    def _start(self) -> None:
        given = self.options
        self._server = None  # a second start must not hold both
        try:
            self._server = self._open()
        except Exception as error:
            with _caught_stderr() as said:
                try:
                    self._server = self._open()
                except Exception:  # noqa: BLE001 - the first error is the one to report
                    text = said()
                else:
                    return
            if _NO_MEMORY.search(text):
                raise OutOfMemory(repo=given.repo) from error
            detail = _reason(text, f"{given.path.parent}/")
            raise LoadFailed(repo=given.repo, detail=detail) from error

    def _open(self) -> Any:
        import xllamacpp

        given = self.options
        params = xllamacpp.CommonParams()
        params.model.path = str(given.path)
        params.n_parallel = given.slots
        params.n_ctx = given.context * given.slots
        # Cancelling is looked at between batches of a prompt; an encoder takes a text in one batch.
        params.n_batch = params.n_ubatch = max(512, given.context) if given.embedding else 512
        for cpu in (params.cpuparams, params.cpuparams_batch):
            cpu.n_threads = given.threads
            cpu.poll = 0  # another model may have the turn: threads that wait must sleep
        # Every request computes everything: what is kept from an earlier one would spoil its timing.
        params.cache_prompt = False
        params.cache_ram_mib = 0
        params.n_ctx_checkpoints = 0
        params.fit_params = False  # it would load the model twice
        params.warmup = False
        params.n_gpu_layers = 0
        params.verbosity = 1
        params.embedding = given.embedding
        if given.pooling:
            params.pooling_type = getattr(
                xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{given.pooling.upper()}"
            )
        # The server listens on loopback whether we want it or not; nobody else knows the key.
        params.api_keys = [secrets.token_urlsafe(32)]
        params.ui = False
        params.endpoint_slots = False
        return xllamacpp.Server(params)

    def grow(self, context: int) -> None:
        """Start anew with room for ``context`` tokens. Raises LoadFailed, OutOfMemory.

        After a failure the server is again what it was.
        """
        before = self.options
        self.options = replace(before, context=context)
        try:
            self._start()
        except PetitError:
            self.options = before
            self._start()
            raise

    def chat(self, payload: Mapping[str, Any], on_chunk: Callable[[Any], bool]) -> Any:
        """A chat completion; ``on_chunk`` returns True to stop. Blocks."""
        return self._server.handle_chat_completions(dict(payload), on_chunk)

    def complete(self, payload: Mapping[str, Any], on_chunk: Callable[[Any], bool]) -> Any:
        """A completion of plain text; ``on_chunk`` returns True to stop. Blocks."""
        return self._server.handle_completions(dict(payload), on_chunk)

    def embed(self, texts: list[str]) -> list[list[float]]:
        """Vectors of length one, in order. Raises TooLong, RunFailed."""
        answer = self._server.handle_embeddings({"input": texts})
        raise_for(answer)
        rows = sorted(answer["data"], key=lambda row: row["index"])
        return [row["embedding"] for row in rows]


def shortened(text: str, tokens: int, limit: int) -> str:
    """``text`` cut so that about ``limit`` of its ``tokens`` remain: a little less with every try."""
    return text[: min(len(text) - 1, int(len(text) * limit / tokens * 0.98))]


def read_headers(paths: Sequence[Path], repo: str) -> tuple[GgufHeader, int]:
    """The first file's header, and the weights of all files. Raises LoadFailed."""
    try:
        headers = [read_header(path) for path in paths]
    except (OSError, ValueError) as error:
        raise LoadFailed(repo=repo, detail=first_line(error)) from error
    return headers[0], sum(header.parameters for header in headers)


class TooLong(Exception):
    """A text of ``tokens`` tokens does not fit in the context."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        super().__init__(f"{tokens} tokens")


_TOKENS = re.compile(r"\((\d+) tokens\)")


def raise_for(answer: Any) -> None:
    """Turn the server's error object into an exception. Raises TooLong, RunFailed, OutOfMemory."""
    if not isinstance(answer, dict) or "error" not in answer:
        return
    error = answer["error"] if isinstance(answer["error"], dict) else {}
    message = str(error.get("message", answer["error"]))[:300]
    tokens = error.get("n_prompt_tokens")
    if not isinstance(tokens, int) and (found := _TOKENS.search(message)):
        tokens = int(found[1]) if "too large" in message else None
    if isinstance(tokens, int):
        raise TooLong(tokens)
    if _NO_MEMORY.search(message):
        raise OutOfMemory()
    raise RunFailed(detail=message)
