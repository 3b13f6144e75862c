# SPDX-License-Identifier: Apache-2.0
"""What Petit's engines are compared with, each in a process of its own that waits for its turns.

    python -m tests.benchmarks.engine_baselines KIND FOLDER THREADS

reads one JSON request a line and answers one JSON line: pipelines and ``generate`` as most people call them,
and llama.cpp through xllamacpp without Petit around it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def pipelines(folder: Path, threads: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    import torch
    import transformers

    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    classify = transformers.pipeline("text-classification", str(folder), dtype=torch.float32)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        given = {"batch_size": request["batch"], "top_k": None, "truncation": True}
        found = classify(request["inputs"], **given)
        return {"scores": [{item["label"]: item["score"] for item in row} for row in found]}

    return answer


def generate(folder: Path, threads: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    import torch
    import transformers

    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    models = {
        name: transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
        for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))
    }

    class Clock:
        first = 0.0

        def put(self, value: Any) -> None:
            self.calls = getattr(self, "calls", 0) + 1
            if self.calls == 2:  # the first call brings the prompt back
                self.first = time.perf_counter()

        def end(self) -> None:
            pass

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        chat = [{"role": "user", "content": request["inputs"][0]}]
        prompt = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)["input_ids"]
        clock, started = Clock(), time.perf_counter()
        with torch.inference_mode():
            found = models[request["precision"]].generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False,
                max_new_tokens=request["tokens"], pad_token_id=0, streamer=clock,
            )  # fmt: skip
        return {
            "first_s": clock.first - started,
            "tokens": int(found.shape[1] - ids.shape[1]),
            "text": tokenizer.decode(found[0, ids.shape[1] :], skip_special_tokens=True).strip(),
        }

    return answer


def llama(folder: Path, threads: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    import xllamacpp

    servers = {}
    for precision in ("Q8_0", "F16"):
        params = xllamacpp.CommonParams()
        params.model.path = str(folder / f"model-{precision}.gguf")
        params.n_ctx, params.n_parallel, params.verbosity = 2048, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.warmup = params.fit_params = False
        servers[precision.lower()] = xllamacpp.Server(params)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        chunks: list[tuple[float, str]] = []
        timings: dict[str, Any] = {}

        def take(chunk: dict[str, Any]) -> bool:
            timings.update(chunk.get("timings") or {})
            now = time.perf_counter()
            deltas = [choice.get("delta") or {} for choice in chunk.get("choices") or ()]
            chunks.extend((now, delta["content"]) for delta in deltas if delta.get("content"))
            return False

        started = time.perf_counter()
        servers[request["precision"]].handle_chat_completions(
            {
                "messages": [{"role": "user", "content": request["inputs"][0]}],
                "max_tokens": request["tokens"],
                "temperature": 0,
                "stream": True,
                "cache_prompt": False,
            },
            take,
        )
        return {
            "first_s": chunks[0][0] - started,
            "tokens": int(timings["predicted_n"]),
            "text": "".join(piece for _, piece in chunks).strip(),
        }

    return answer


def main() -> None:
    kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    answer = {"pipelines": pipelines, "generate": generate, "llama": llama}[kind](folder, threads)
    out.write("{}\n")
    out.flush()
    for line in sys.stdin:
        started = time.perf_counter()
        found = answer(json.loads(line))
        out.write(json.dumps({"wall_s": time.perf_counter() - started, **found}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
