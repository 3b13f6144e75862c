#!/usr/bin/env python3
"""Runs one pinned model on texts, without a network.

    python predict.py "a text" "another one"
    printf 'one text a line\n' | python predict.py
    python predict.py --verify          check every file of the model against its SHA-256

Answers are JSON, one line for each text, in the order of the texts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

# Before transformers is imported: nothing here may ask the network for anything.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

HERE = Path(__file__).resolve().parent


@cache
def settings() -> dict[str, Any]:
    """Task, precision, parameters, and size and SHA-256 of every file of the model."""
    loaded: dict[str, Any] = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    return loaded


def damaged_files(hashes: bool) -> list[str]:
    """Files that are missing or not the pinned ones; sizes only unless ``hashes``."""
    wrong = []
    for file in settings()["files"]:
        path = HERE / "model" / file["path"]
        if not path.is_file() or path.stat().st_size != file["size"]:
            wrong.append(file["path"])
        elif hashes:
            with path.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != file["sha256"]:
                    wrong.append(file["path"])
    return wrong


@cache
def _runner() -> Any:
    if wrong := damaged_files(hashes=False):
        raise FileNotFoundError(f"missing or changed in model/: {', '.join(wrong)}")
    from runner import Runner

    return Runner(HERE / "model", settings()["precision"])


def predict(texts: list[str]) -> list[dict[str, Any]]:
    """The model's answer to each text, in the same order; the model is loaded once."""
    return list(_runner().run(list(texts), settings()["parameters"]))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the pinned model on texts, offline.")
    parser.add_argument("texts", nargs="*", help="texts; without any, one a line on standard input")
    parser.add_argument("--verify", action="store_true", help="check the model's files first")
    options = parser.parse_args()
    if options.verify:
        wrong = damaged_files(hashes=True)
        for path in wrong:
            print(f"missing or changed: {path}", file=sys.stderr)
        if wrong:
            return 1
        print(f"{len(settings()['files'])} files are the pinned ones", file=sys.stderr)
        if not options.texts:
            return 0
    texts = options.texts
    if not texts:
        sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        texts = [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for answer in predict(texts) if texts else ():
        print(json.dumps(answer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
