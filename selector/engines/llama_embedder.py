# SPDX-License-Identifier: Apache-2.0
"""Embeddings on llama.cpp, which pools as the GGUF file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.engines.gguf_header import GgufHeader
from selector.engines.llama_server import (
    LlamaServer,
    ServerOptions,
    TooLong,
    read_headers,
    shortened,
)
from selector.errors import RunFailed, UnsupportedModel
from selector.tasks.models import Rows, Stop
from selector.tasks.pooling import pooling_of

FIRST_CONTEXT = 512
LONGEST_CONTEXT = 8192
SLOTS = 8
"""Texts embedded at once."""


class LlamaEmbedder:
    """See Embedder: llama.cpp pools as the file says."""

    def __init__(
        self, server: LlamaServer, header: GgufHeader, parameters: int, prompt: str
    ) -> None:
        self._server = server
        self._longest = header.context(FIRST_CONTEXT, LONGEST_CONTEXT)
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
                    text = shortened(text, error.tokens, context)
                continue
            return rows, [max(0, first - self._server.options.context)]


def load_embedder(paths: Sequence[Path], folder: Path, options: Mapping[str, Any]) -> LlamaEmbedder:
    """Raises LoadFailed, UnsupportedModel, OutOfMemory."""
    repo = str(options.get("repo", folder.name))
    header, parameters = read_headers(paths, repo)
    pooling = header.pooling
    if pooling == "rank":
        raise UnsupportedModel(repo=repo, reason="risk.no_output", output="embedding")
    started = ServerOptions(
        paths[0],
        repo,
        int(options["threads"]),
        header.context(FIRST_CONTEXT, FIRST_CONTEXT),
        SLOTS,
        embedding=True,
        pooling="mean" if pooling in {None, "none"} else None,
    )
    prompt = pooling_of(folder, repo).prompt
    known = int(options.get("parameters") or parameters)
    return LlamaEmbedder(LlamaServer(started), header, known, prompt)
