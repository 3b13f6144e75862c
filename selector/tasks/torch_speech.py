# SPDX-License-Identifier: Apache-2.0
"""Speech on PyTorch: models that name a letter for each moment (CTC), and those that write (Whisper's kind)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.errors import Cancelled, LoadFailed
from selector.tasks.failures import first_line
from selector.tasks.models import Stop
from selector.tasks.torch_loading import TorchModel, load_torch_model

CHUNK_S = 20.0
EDGE_S = 2.0
"""Of a long recording: read in pieces of CHUNK_S, of which EDGE_S at each side only give surroundings."""
PIECE_S = 30.0
"""What a model that writes hears at once."""
MOST_TOKENS = 440


def writes(names: object) -> bool:
    """Whether architectures are of a model that writes what it hears."""
    return isinstance(names, list) and any(
        str(x).endswith("ForConditionalGeneration") for x in names
    )


class TorchSpeech:
    """A speech model with its features and tokenizer. Raises what load_torch_model raises."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        import transformers

        safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        repo = str(options.get("repo", folder.name))
        try:
            self._features = transformers.AutoFeatureExtractor.from_pretrained(folder, **safe)
            config = transformers.AutoConfig.from_pretrained(folder, **safe)
        except Exception as error:
            raise LoadFailed(repo=repo, detail=first_line(error)) from error
        self._writes = writes(config.architectures)
        kind = "AutoModelForSpeechSeq2Seq" if self._writes else "AutoModelForCTC"
        self._loaded: TorchModel = load_torch_model(folder, kind, options)
        self.parameters = self._loaded.parameters
        self.rate = int(self._features.sampling_rate)

    def hear(self, samples: Any, stop: Stop) -> tuple[str, int]:
        """The text of ``samples`` (shape (n,), at ``rate``) and its tokens.

        Raises Cancelled when ``stop()`` becomes true.
        """
        return self._written(samples, stop) if self._writes else self._spelled(samples, stop)

    def _tensors(self, samples: Any) -> Any:
        found = self._features(samples, sampling_rate=self.rate, return_tensors="pt")
        dtype = self._loaded.model.dtype
        return {
            name: value.to(self._loaded.device, dtype if value.is_floating_point() else None)
            for name, value in found.items()
        }

    def _spelled(self, samples: Any, stop: Stop) -> tuple[str, int]:
        import torch

        chunk, edge = int(CHUNK_S * self.rate), int(EDGE_S * self.rate)
        step = chunk - 2 * edge
        ids: list[int] = []
        for start in range(0, max(1, len(samples)), step):
            if stop():
                raise Cancelled
            first, last = max(0, start - edge), min(len(samples), start + step + edge)
            piece = samples[first:last]
            with torch.inference_mode():
                logits = self._loaded.model(**self._tensors(piece)).logits[0]
            found = logits.argmax(-1).tolist()
            # The model says so many things in a piece: those of its edges are left to its neighbours.
            each = len(piece) / max(1, len(found))
            begin = round((start - first) / each)
            end = round((min(start + step, len(samples)) - first) / each)
            ids += found[begin:end]
        return str(self._loaded.tokenizer.decode(ids)).strip(), len(ids)

    def _written(self, samples: Any, stop: Stop) -> tuple[str, int]:
        import torch
        import transformers

        tokenizer, model = self._loaded.tokenizer, self._loaded.model

        class Stopping(transformers.StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                return torch.full((input_ids.shape[0],), stop(), device=input_ids.device)

        places = getattr(model.config, "max_target_positions", None)
        most = (
            min(MOST_TOKENS, places - 8) if isinstance(places, int) and places > 8 else MOST_TOKENS
        )
        special = set(tokenizer.all_special_ids)
        piece = int(PIECE_S * self.rate)
        texts: list[str] = []
        tokens = 0
        for start in range(0, max(1, len(samples)), piece):
            with torch.inference_mode():
                written = model.generate(
                    input_features=self._tensors(samples[start : start + piece])["input_features"],
                    max_new_tokens=most,
                    num_beams=1,
                    do_sample=False,
                    stopping_criteria=transformers.StoppingCriteriaList([Stopping()]),
                )
            if stop():
                raise Cancelled
            kept = [token for token in written[0].tolist() if token not in special]
            tokens += len(kept)
            texts.append(tokenizer.decode(kept).strip())
        return " ".join(text for text in texts if text), tokens
