"""Translation: the languages are said as the model's family wants them; greedy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import torch

from model_loading import load, padded

MAX_NEW_TOKENS = 256
LANGUAGE = re.compile(r"__[a-z]{2,3}__|[a-z]{3}_[A-Z][a-z]{3}|[a-z]{2}_[A-Z]{2}")
TABLES = tomllib.loads((Path(__file__).parent / "languages.toml").read_text(encoding="utf-8"))


class Runner:
    """An encoder-decoder; parameters name the ``source`` and ``target`` language."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForSeq2SeqLM", precision)
        self.vocabulary = self.loaded.tokenizer.get_vocab()

    def _told(self, source: str, target: str) -> tuple[str, bool, str]:
        """What stands before each text, whether that is a token, and the answer's first token."""
        flores, mbart = TABLES["flores"], TABLES["mbart"]
        names = (
            lambda code: f"__{code}__",
            lambda code: flores.get(code, code),
            lambda code: mbart.get(code, code),
        )
        for name in names:
            if name(target) in self.vocabulary and name(source) in self.vocabulary and len(name(target)) > 2:
                return name(source), True, name(target)
        for token in (f"<2{target}>", f">>{target}<<", f">>{flores.get(target, target).partition('_')[0]}<<"):
            if token in self.vocabulary:
                return token, True, ""
        config = self.loaded.model.config
        named = getattr(config, "task_specific_params", None) or {}
        own = named.get(f"translation_{source}_to_{target}")
        if isinstance(own, dict) and own.get("prefix"):
            return str(own["prefix"]), False, ""
        english = TABLES["english"]
        if config.model_type == "t5" and source in english and target in english:
            return f"translate {english[source]} to {english[target]}: ", False, ""
        return "", False, ""

    def _encoded(self, texts: list[str], before: str, is_token: bool) -> dict[str, Any]:
        """Columns of token ids, the language said in front."""
        given = texts if is_token else [before + text for text in texts]
        limit = self.loaded.max_length - (1 if is_token else 0)
        encoded = self.loaded.tokenizer(given, truncation=True, max_length=limit)
        ids = [list(row) for row in encoded["input_ids"]]
        if is_token:
            languages = {n for token, n in self.vocabulary.items() if LANGUAGE.fullmatch(token)}
            for row in ids:
                # Some tokenizers put the language they were saved with in front.
                if row and row[0] in languages:
                    row[0] = self.vocabulary[before]
                else:
                    row.insert(0, self.vocabulary[before])
        return {"input_ids": ids, "attention_mask": [[1] * len(row) for row in ids]}

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "text", "text": ..., "tokens": ...}`` for each text."""
        most = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        places = getattr(self.loaded.model.config, "max_position_embeddings", None)
        if isinstance(places, int) and places > 1:
            most = min(most, places - 1)
        before, is_token, first = self._told(
            str(parameters.get("source", "en")), str(parameters.get("target", "fr"))
        )
        tokenizer = self.loaded.tokenizer
        special = set(tokenizer.all_special_ids) | ({self.vocabulary[first]} if first else set())
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, batch in padded(self.loaded, self._encoded(texts, before, is_token)):
            with torch.inference_mode():
                written = self.loaded.model.generate(
                    input_ids=batch["input_ids"],
                    attention_mask=batch["attention_mask"],
                    max_new_tokens=most,
                    num_beams=1,
                    do_sample=False,
                    **({"forced_bos_token_id": self.vocabulary[first]} if first else {}),
                )
            for index, row in zip(indices, written.tolist()):
                kept = [token for token in row if token not in special]
                text = tokenizer.decode(kept).strip()
                answers[index] = {"kind": "text", "text": text, "tokens": len(kept)}
        return answers
