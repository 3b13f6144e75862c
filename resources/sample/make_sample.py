"""Makes the sample project "Sort a bank's messages": training lines, models and model cards.

    python resources/sample/make_sample.py [--out DIR] [--only NAME] [--validate]

The test file is written by hand and only read here. Nothing is fetched: the tokenizers and the
models are trained from nothing on the lines of ``source/``. ``--validate`` holds out a fifth of
the hand-written training lines and measures on those instead, and writes nothing: settings are to
be chosen there, not on the test file.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from sample_cards import write_card
from sample_text import (
    INTENTS,
    Message,
    Noise,
    Source,
    build_train,
    check_no_leak,
    read_csv,
    read_source,
    write_csv,
)
from sample_train import Recipe, Teacher, measure, predict, save, train_model, train_tokenizer
from transformers.utils.logging import disable_progress_bar

HERE = Path(__file__).parent
OWNER = "petit-sample"
PER_CELL = 150  # expansions kept per intent and language
SEED = 11
FREE_WEIGHT = 3
MOST_BYTES = 12_000_000

RECIPES = (
    Recipe("bank-messages-nano", 2000, 96, 1, 3, 192, epochs=10, rate=2e-3, dropout=0.05),
    Recipe("bank-messages-small", 4000, 160, 2, 4, 640, epochs=7, rate=1.2e-3, dropout=0.1),
    Recipe("bank-messages-base", 4000, 320, 2, 5, 1152, epochs=4, rate=6e-4, dropout=0.1),
)


def split(train: list[Message]) -> tuple[list[Message], list[Message]]:
    """Hold out a fifth of the hand-written lines; generated ones are too alike to judge by."""
    free = [m for m in train if m.free]
    random.Random(SEED).shuffle(free)
    held = set(free[: len(free) // 5])
    return [m for m in train if m not in held], [m for m in train if m in held]


def validate(source: Source, train: list[Message], recipes: list[Recipe]) -> None:
    """Train on most lines and print the accuracy on those held out."""
    train, held = split(train)
    noise = Noise(source)
    teacher = Teacher(train, noise, FREE_WEIGHT, SEED)
    truth = torch.tensor([INTENTS.index(m.label) for m in held])
    texts = [m.text for m in held]
    guess = teacher.opinions(texts).argmax(dim=-1)
    print(f"teacher: {(guess == truth).float().mean():.3f} on {len(held)} held-out lines")
    for recipe in recipes:
        tokenizer = train_tokenizer([m.text for m in train], recipe.vocabulary)
        model = train_model(recipe, tokenizer, train, noise, teacher)
        guess = predict(model, tokenizer, texts).argmax(dim=-1)
        print(f"{recipe.name}: {(guess == truth).float().mean():.3f}", flush=True)


def make(
    source: Source, train: list[Message], test: list[Message], recipes: list[Recipe], out: Path
) -> None:
    """Train the models, write their folders and measure what was written."""
    noise = Noise(source)
    teacher = Teacher(train, noise, FREE_WEIGHT, SEED)
    texts = [m.text for m in train]
    for recipe in recipes:
        start = time.perf_counter()
        folder = out / "models" / OWNER / recipe.name
        tokenizer = train_tokenizer(texts, recipe.vocabulary)
        save(train_model(recipe, tokenizer, train, noise, teacher), tokenizer, folder)
        seconds = time.perf_counter() - start
        found = measure(folder, test)
        written = sum(m.free for m in train)
        write_card(folder, found, len(train) - written, written, taught=recipe.taught > 0)
        shares = ", ".join(f"{name} {acc:.3f}" for name, (_, acc) in found.by_language.items())
        print(
            f"{recipe.name}: {found.parameters:,} parameters, {found.weight_bytes:,} bytes, "
            f"accuracy {found.accuracy:.3f} ({shares}), macro-F1 {found.macro_f1:.3f}, "
            f"{seconds:.0f} s",
            flush=True,
        )
    total = sum(path.stat().st_size for path in (out / "models").rglob("*") if path.is_file())
    print(f"all models: {total:,} bytes")
    if total > MOST_BYTES:
        raise ValueError(f"the models weigh {total:,} bytes, more than {MOST_BYTES:,}")


def main() -> None:
    """Read the command line and make the sample."""
    parser = argparse.ArgumentParser(description="Make the sample project's data and models.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--only", choices=[r.name for r in RECIPES], help="train one model only")
    parser.add_argument("--validate", action="store_true", help="judge settings, write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    disable_progress_bar()
    recipes = [r for r in RECIPES if options.only in (None, r.name)]
    source, test = read_source(), read_csv(HERE / "test.csv")
    train = build_train(source, test, PER_CELL, SEED)
    score, mine, theirs = check_no_leak(train, test)
    print(f"{len(train)} training lines, {len(test)} test lines; closest pair {score:.3f}:")
    print(f"  {mine!r}\n  {theirs!r}", flush=True)
    if options.validate:
        validate(source, train, recipes)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    write_csv(options.out / "train.csv", train)
    make(source, train, test, recipes, options.out)


if __name__ == "__main__":
    main()
