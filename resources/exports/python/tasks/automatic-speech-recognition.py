"""Speech recognition: what is said in recordings; inputs are paths of files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import transformers
from scipy.signal import resample_poly

from model_loading import load

CHUNK_S, EDGE_S, PIECE_S = 20.0, 2.0, 30.0
MOST_TOKENS = 440


class Runner:
    """A speech model; recordings of any length are heard piece by piece."""

    def __init__(self, folder: Path, precision: str) -> None:
        safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        names = transformers.AutoConfig.from_pretrained(folder, **safe).architectures or []
        self.writes = any(str(name).endswith("ForConditionalGeneration") for name in names)
        kind = "AutoModelForSpeechSeq2Seq" if self.writes else "AutoModelForCTC"
        self.loaded = load(folder, kind, precision)
        self.features = transformers.AutoFeatureExtractor.from_pretrained(folder, **safe)
        self.rate = int(self.features.sampling_rate)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "text", "text": ..., "tokens": ...}`` for each path; raises what soundfile raises."""
        answers = []
        for path in texts:
            samples = self._read(path)
            text, tokens = self._written(samples) if self.writes else self._spelled(samples)
            answers.append({"kind": "text", "text": text, "tokens": tokens})
        return answers

    def _read(self, path: str) -> Any:
        with soundfile.SoundFile(path) as file:
            own, parts = int(file.samplerate), []
            for block in file.blocks(blocksize=own * 60, dtype="float32", always_2d=True):
                mono = block.mean(axis=1)
                if own != self.rate:
                    shared = math.gcd(own, self.rate)
                    mono = resample_poly(mono, self.rate // shared, own // shared)
                parts.append(mono.astype(np.float32))
        return np.concatenate(parts)

    def _tensors(self, samples: Any) -> Any:
        found = self.features(samples, sampling_rate=self.rate, return_tensors="pt")
        dtype = self.loaded.model.dtype
        return {k: v.to(dtype) if v.is_floating_point() else v for k, v in found.items()}

    def _spelled(self, samples: Any) -> tuple[str, int]:
        chunk, edge = int(CHUNK_S * self.rate), int(EDGE_S * self.rate)
        step = chunk - 2 * edge
        ids: list[int] = []
        for start in range(0, max(1, len(samples)), step):
            first, last = max(0, start - edge), min(len(samples), start + step + edge)
            with torch.inference_mode():
                logits = self.loaded.model(**self._tensors(samples[first:last])).logits[0]
            found = logits.argmax(-1).tolist()
            each = (last - first) / max(1, len(found))
            end = round((min(start + step, len(samples)) - first) / each)
            ids += found[round((start - first) / each) : end]
        return self.loaded.tokenizer.decode(ids).strip(), len(ids)

    def _written(self, samples: Any) -> tuple[str, int]:
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        places = getattr(model.config, "max_target_positions", None)
        most = min(MOST_TOKENS, places - 8) if isinstance(places, int) and places > 8 else MOST_TOKENS
        special, texts, tokens = set(tokenizer.all_special_ids), [], 0
        piece = int(PIECE_S * self.rate)
        for start in range(0, max(1, len(samples)), piece):
            with torch.inference_mode():
                written = model.generate(
                    input_features=self._tensors(samples[start : start + piece])["input_features"],
                    max_new_tokens=most,
                    num_beams=1,
                    do_sample=False,
                )
            kept = [token for token in written[0].tolist() if token not in special]
            tokens += len(kept)
            texts.append(tokenizer.decode(kept).strip())
        return " ".join(text for text in texts if text), tokens
