"""llama.cpp inside this process, on the processor; nobody else can ask it."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

import xllamacpp

TOO_LARGE = re.compile(r"\((\d+) tokens\)")


class TooLong(Exception):
    """A text of ``tokens`` tokens does not fit."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        super().__init__(f"{tokens} tokens")


def settings_of(folder: Path) -> dict[str, Any]:
    """What settings.json says of the GGUF file: file, context, longest, template, pooling."""
    found: dict[str, Any] = json.loads((folder.parent / "settings.json").read_text("utf-8"))["llama"]
    return found


class Server:
    """One model; opened anew when a text needs more room than there is."""

    def __init__(self, folder: Path, embedding: bool, slots: int = 1) -> None:
        self.settings = settings_of(folder)
        self.path, self.embedding, self.slots = folder / self.settings["file"], embedding, slots
        self.context = int(self.settings["context"])
        self.server: Any = None
        self.open()

    def open(self) -> None:
        """Start with room for ``context`` tokens a text."""
        self.server = None  # both at once would take twice the memory
        params = xllamacpp.CommonParams()
        params.model.path = str(self.path)
        params.n_parallel = self.slots
        params.n_ctx = self.context * self.slots
        params.n_batch = params.n_ubatch = max(512, self.context) if self.embedding else 512
        for cpu in (params.cpuparams, params.cpuparams_batch):
            cpu.n_threads = max(1, (os.cpu_count() or 2) // 2)
        params.cache_prompt = False
        params.cache_ram_mib = 0
        params.n_ctx_checkpoints = 0
        params.fit_params = False
        params.warmup = False
        params.n_gpu_layers = 0
        params.verbosity = 1
        params.embedding = self.embedding
        if self.embedding and self.settings["pooling"]:
            name = f"LLAMA_POOLING_TYPE_{self.settings['pooling'].upper()}"
            params.pooling_type = getattr(xllamacpp.llama_pooling_type, name)
        # It listens on loopback whether we want it or not; nobody else knows the key.
        params.api_keys = [secrets.token_urlsafe(32)]
        params.ui = False
        params.endpoint_slots = False
        self.server = xllamacpp.Server(params)

    def grow(self, tokens: int) -> int:
        """Make room for ``tokens`` as far as the model goes; gives the room there is."""
        longest = int(self.settings["longest"])
        if self.context < longest:
            self.context = min(max(-(-(tokens + 1) // 512) * 512, self.context), longest)
            self.open()
        return self.context


def raise_for(answer: Any) -> None:
    """Turn the server's error object into an exception."""
    if not isinstance(answer, dict) or "error" not in answer:
        return
    error = answer["error"] if isinstance(answer["error"], dict) else {}
    message = str(error.get("message", answer["error"]))
    tokens = error.get("n_prompt_tokens")
    if not isinstance(tokens, int) and "too large" in message and (found := TOO_LARGE.search(message)):
        tokens = int(found[1])
    if isinstance(tokens, int):
        raise TooLong(tokens)
    raise RuntimeError(message)


def shortened(text: str, tokens: int, limit: int) -> str:
    """The text cut so that about ``limit`` of its ``tokens`` remain."""
    return text[: min(len(text) - 1, int(len(text) * limit / tokens * 0.98))]
