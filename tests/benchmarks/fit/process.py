# SPDX-License-Identifier: Apache-2.0
"""One model in a process of its own, for kinds of models that no task of Petit runs yet.

It loads as selector/tasks/torch_loading.py does and answers one JSON line for each: seconds, processor
seconds and the largest resident size so far. ``python -m tests.benchmarks.fit.process FOLDER AUTO KIND
DTYPE THREADS``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selector.machine.meter import peak_bytes


def _inputs(kind: str, model: Any, load: dict[str, int]) -> dict[str, Any]:
    import torch

    items, tokens = load["items"], load["tokens"]
    config = model.config
    if kind == "image":
        return {"pixel_values": torch.randn(items, 3, 224, 224)}
    if kind == "audio":
        return {"input_features": torch.randn(items, config.num_mel_bins, 3000)}
    if kind == "pair":
        ids = torch.randint(5, 1000, (items, tokens))
        ids[:, -1] = config.text_config.eos_token_id
        return {"pixel_values": torch.randn(items, 3, 224, 224), "input_ids": ids}
    ids = torch.randint(5, min(1000, config.vocab_size), (items, tokens))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _work(kind: str, model: Any, load: dict[str, int]) -> Callable[[], object]:
    given = _inputs(kind, model, load)
    if kind in {"audio", "translator"}:
        new = load["new"]
        return lambda: model.generate(
            **given, max_new_tokens=new, min_new_tokens=new, do_sample=False
        )
    return lambda: model(**given)


def main() -> None:
    """Load, say so, then answer requests until the end of the input."""
    folder, auto, kind, dtype, threads = sys.argv[1:]
    started = time.perf_counter()
    import torch
    import transformers

    torch.set_num_threads(int(threads))
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    found: Any = getattr(transformers, auto)
    imported = time.perf_counter() - started
    started = time.perf_counter()
    if (Path(folder) / "tokenizer.json").exists():
        kept = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        assert kept is not None
    model = found.from_pretrained(
        folder, use_safetensors=True, dtype=getattr(torch, dtype), local_files_only=True
    ).eval()
    loaded = time.perf_counter() - started
    say({"load_s": loaded, "import_s": imported, "peak_bytes": peak_bytes()})
    for line in sys.stdin:
        load = json.loads(line)
        work = _work(kind, model, load)
        wall, cpu = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        say({"wall_s": wall, "cpu_s": cpu, "peak_bytes": peak_bytes()})


def say(answer: dict[str, Any]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
