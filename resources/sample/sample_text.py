"""Writes and checks the sample's messages: templates, small noises, overlap with the test."""

from __future__ import annotations

import csv
import json
import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent / "source"
LANGUAGES = ("en", "fr")
INTENTS = (
    "lost_or_stolen_card",
    "card_not_arrived",
    "transfer_pending",
    "unknown_payment",
    "refund",
    "exchange_rate",
    "cash_withdrawal",
    "change_pin",
    "close_account",
    "update_details",
)

# A line this close to a test line is not trained on; any line closer than FAIL_AT stops all.
KEEP_BELOW = 0.5
FAIL_AT = 0.8

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class LeakError(Exception):
    """A test line, or something too close to one, is among the training lines."""


@dataclass(frozen=True)
class Message:
    """One customer's message and what it is about."""

    text: str
    label: str
    language: str
    free: bool = False


@dataclass(frozen=True)
class Source:
    """What was written by hand for training."""

    templates: dict[tuple[str, str], list[str]]
    free: dict[tuple[str, str], list[str]]
    slots: dict[str, dict[str, list[str]]]
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    short: dict[str, dict[str, str]]


def read_source(folder: Path = SOURCE) -> Source:
    """Read the hand-written templates, lines, slots and small phrases."""
    templates: dict[tuple[str, str], list[str]] = {}
    free: dict[tuple[str, str], list[str]] = {}
    for intent in INTENTS:
        both = json.loads((folder / f"{intent}.json").read_text(encoding="utf-8"))
        for language in LANGUAGES:
            templates[intent, language] = both[language]["templates"]
            free[intent, language] = both[language]["free"]
    phrases = json.loads((folder / "phrases.json").read_text(encoding="utf-8"))
    return Source(
        templates=templates,
        free=free,
        slots=json.loads((folder / "slots.json").read_text(encoding="utf-8")),
        before={language: phrases[language]["before"] for language in LANGUAGES},
        after={language: phrases[language]["after"] for language in LANGUAGES},
        short={language: phrases[language]["short"] for language in LANGUAGES},
    )


def expand(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    """Fill one template: ``[a|b|]`` picks one choice, ``{slot}`` one value of that slot."""
    text = template
    while (found := _CHOICE.search(text)) is not None:
        text = text[: found.start()] + rng.choice(found[1].split("|")) + text[found.end() :]
    text = _SLOT.sub(lambda match: rng.choice(slots[match[1]]), text)
    return " ".join(text.split()).replace(" ,", ",")


def fold(text: str) -> str:
    """Drop case, accents and punctuation, so that copies are seen whatever their dress."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(letters).split())


def grams(text: str, size: int = 4) -> frozenset[str]:
    """Return the character n-grams of a folded line."""
    folded = f" {fold(text)} "
    return frozenset(folded[i : i + size] for i in range(max(1, len(folded) - size + 1)))


class Overlap:
    """How close a line comes to any test line (Jaccard over character 4-grams)."""

    def __init__(self, test: list[Message]) -> None:
        self.folded = {fold(message.text) for message in test}
        self.tests = [(message.text, grams(message.text)) for message in test]
        self.holders: dict[str, list[int]] = {}
        for index, (_, own) in enumerate(self.tests):
            for gram in own:
                self.holders.setdefault(gram, []).append(index)

    def closest(self, text: str) -> tuple[float, str]:
        """Return the highest Jaccard with a test line, and that line."""
        own = grams(text)
        shared: dict[int, int] = {}
        for gram in own:
            for index in self.holders.get(gram, ()):
                shared[index] = shared.get(index, 0) + 1
        best, line = 0.0, ""
        for index, both in shared.items():
            score = both / (len(own) + len(self.tests[index][1]) - both)
            if score > best:
                best, line = score, self.tests[index][0]
        return best, line


def check_no_leak(train: list[Message], test: list[Message]) -> tuple[float, str, str]:
    """Return the closest pair (score, training line, test line); raise when it is a leak."""
    overlap = Overlap(test)
    best = (0.0, "", "")
    for message in train:
        if fold(message.text) in overlap.folded:
            raise LeakError(f"this test line is a training line: {message.text!r}")
        score, line = overlap.closest(message.text)
        if score > best[0]:
            best = (score, message.text, line)
    if best[0] >= FAIL_AT:
        raise LeakError(f"too close ({best[0]:.2f}): {best[1]!r} and test line {best[2]!r}")
    return best


def build_train(source: Source, test: list[Message], per_cell: int, seed: int) -> list[Message]:
    """Return the free lines and up to ``per_cell`` expansions per intent and language."""
    rng = random.Random(seed)
    overlap = Overlap(test)
    train: list[Message] = []
    for (intent, language), templates in source.templates.items():
        free = source.free[intent, language]
        free = [text for text in free if overlap.closest(text)[0] < KEEP_BELOW]
        train += [Message(text, intent, language, free=True) for text in free]
        seen = {fold(text) for text in free}
        kept = 0
        for attempt in range(per_cell * 6):
            text = expand(templates[attempt % len(templates)], source.slots[language], rng)
            if rng.random() < 0.5:
                text = text[0].upper() + text[1:]
            key = fold(text)
            if key in seen or overlap.closest(text)[0] >= KEEP_BELOW:
                continue
            seen.add(key)
            train.append(Message(text, intent, language))
            kept += 1
            if kept == per_cell:
                break
    return train


def _typo(text: str, rng: random.Random) -> str:
    """Make one slip of the finger: a letter lost, doubled, swapped or replaced."""
    places = [i for i, c in enumerate(text) if c.isalpha() and i > 0]
    if len(places) < 4:
        return text
    at = rng.choice(places)
    slip = rng.randrange(5)
    if slip == 0:
        return text[:at] + text[at + 1 :]
    if slip == 1:
        return text[:at] + text[at] + text[at:]
    if slip == 2:
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    if slip == 3:
        return text[:at] + rng.choice(_LETTERS) + text[at + 1 :]
    return text.replace("'", "", 1)


class Noise:
    """The same message as another hand would type it: greetings, haste, slips."""

    def __init__(self, source: Source, strength: float = 1.0) -> None:
        self.source = source
        self.strength = strength

    def apply(self, message: Message, rng: random.Random) -> str:
        """Return one noisy version of the message."""
        text, language, force = message.text, message.language, self.strength
        if rng.random() < 0.3 * force:
            for plain, quick in self.source.short[language].items():
                if rng.random() < 0.5:
                    text = re.sub(rf"(?<!\w){re.escape(plain)}(?!\w)", quick, text)
        words = text.split()
        if len(words) > 4 and rng.random() < 0.5 * force:
            words = [word for word in words if rng.random() > 0.12] or words
            text = " ".join(words)
        if rng.random() < 0.25 * force:
            text = f"{rng.choice(self.source.before[language])} {text}"
        if rng.random() < 0.25 * force:
            text = f"{text} {rng.choice(self.source.after[language])}"
        while rng.random() < 0.3 * force:
            text = _typo(text, rng)
        return text


def read_csv(path: Path) -> list[Message]:
    """Read a file of messages."""
    with path.open(encoding="utf-8", newline="") as handle:
        return [Message(r["text"], r["label"], r["language"]) for r in csv.DictReader(handle)]


def write_csv(path: Path, messages: list[Message]) -> None:
    """Write a file of messages."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["text", "label", "language"])
        writer.writerows([m.text, m.label, m.language] for m in messages)
