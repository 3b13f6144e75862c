# SPDX-License-Identifier: Apache-2.0
"""A rotating log without secrets: tokens and the home folder are redacted before anything is written."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_SECRETS = re.compile(r"\b(hf_|sk-|ghp_)[A-Za-z0-9_-]{6,}|(?i:bearer\s+)[A-Za-z0-9._~+/=-]{6,}")
_KNOWN: set[str] = set()
_LEAST_SIGNS = 4


def hide(secret: str) -> None:
    """From now on ``redact`` takes this out of every text, whatever it looks like."""
    if len(secret) >= _LEAST_SIGNS:
        _KNOWN.add(secret)


def redact(text: str) -> str:
    """``text`` without tokens, and with the home folder written as ``~``."""
    for secret in _KNOWN:
        text = text.replace(secret, "[secret]")
    text = _SECRETS.sub("[secret]", text)
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def redacted(value: Any) -> Any:
    """``value`` with every text in it, however deep, without known secrets and tokens."""
    if isinstance(value, str):
        for secret in _KNOWN:
            value = value.replace(secret, "[secret]")
        return _SECRETS.sub("[secret]", value)
    if isinstance(value, dict):
        return {key: redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return value


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def start_log(path: Path, level: int = logging.INFO) -> None:
    """Log to ``path`` (three files of 1 MB). A folder that cannot be written means no log, no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        return
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("selector")
    root.addHandler(handler)
    root.setLevel(level)
