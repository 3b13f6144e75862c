"""Writes the sample's model cards, with the figures measured on the saved files."""

from __future__ import annotations

from pathlib import Path

from sample_train import Measure

_TAUGHT = """\
- A wide linear model over word and letter n-grams was trained first on the same lines; this
  network learnt to give the same opinions (distillation), on those lines and on pieces of them
  spliced together. This helps it with wordings it never saw."""
_PLAIN = """\
- The network learnt from the labels alone. Its larger sisters were also taught by another model
  (distillation), so that the difference between them is not only a matter of size."""

_CARD = """\
---
license: apache-2.0
language:
- en
- fr
library_name: transformers
pipeline_tag: text-classification
tags:
- text-classification
- intent-classification
- banking
- bert
---

# {name}

A very small classifier that sorts short messages from a bank's customers, in English or in
French, into ten intents. It has {parameters:,} parameters and was trained from nothing, on a
processor, in minutes. It comes with Petit as part of the sample project, so that the program can
be tried without a network.

The intents: {intents}.

## How it was trained

- {written:,} training lines written by hand, and {generated:,} made from hand-written templates
  with slots. No customer's message was used: all of it is invented.
- Every pass saw the lines with new slips of the finger, shortened words, greetings and dropped
  words.
{lesson}
- Case and accents are ignored. The weights are stored on 16 bits; use them as 32-bit numbers.

`make_sample.py`, in Petit's sources, makes it again.

## What it scores

Measured on the saved files, on {count} test lines written by hand apart from the templates; no
training line is a copy of a test line or shares half of its letter 4-grams (Jaccard) with one.

| | lines | accuracy |
|---|---|---|
| all | {count} | {accuracy:.1%} |
{languages}

Macro-F1: {macro_f1:.3f}.

| intent | accuracy |
|---|---|
{rows}

## Its limits

- The test lines and the training lines have the same author, and often tell of the same
  situations in other words: these scores are flattering. Real customers write in more ways than
  that, and the score on their messages will be lower.
- It always answers with one of its ten intents, even to a message about something else, and its
  confidence was not calibrated.
- It knows only words like those it was trained on. It reads neither other languages nor
  long messages (64 tokens at most).
- With this many test lines, a difference of two or three points between two models may be luck.

It is meant for trying, learning and testing software. Do not let it answer real customers.
"""


def write_card(folder: Path, found: Measure, generated: int, written: int, taught: bool) -> None:
    """Write the model's README.md."""
    names = {"en": "English", "fr": "French"}
    text = _CARD.format(
        name=folder.name,
        parameters=found.parameters,
        intents=", ".join(f"`{intent}`" for intent in found.by_intent),
        written=written,
        generated=generated,
        lesson=_TAUGHT if taught else _PLAIN,
        count=found.count,
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        languages="\n".join(
            f"| {names[name]} | {count} | {share:.1%} |"
            for name, (count, share) in found.by_language.items()
        ),
        rows="\n".join(f"| {intent} | {share:.1%} |" for intent, share in found.by_intent.items()),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
