# SPDX-License-Identifier: Apache-2.0
"""A rotating log without secrets: tokens and the home folder are redacted before anything is written."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

_SECRETS = re.compile(r"\b(hf_|sk-|ghp_)[A-Za-z0-9_-]{6,}|(?i:bearer\s+)[A-Za-z0-9._~+/=-]{6,}")


def redact(text: str) -> str:
    """``text`` without tokens, and with the home folder written as ``~``."""
    text = _SECRETS.sub("[secret]", text)
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


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
