"""Image classification: labels with probabilities, the most probable first; inputs are paths of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps

from model_loading import load

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 50_000_000
MOST_LABELS = 20


class Runner:
    """An image classifier; softmax, or sigmoid where several labels may hold."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(
            folder, "AutoModelForImageClassification", precision, reader="AutoImageProcessor"
        )
        config = self.loaded.model.config
        count = int(config.num_labels)
        self.labels = [str(config.id2label.get(i, f"LABEL_{i}")) for i in range(count)]
        kind = getattr(config, "problem_type", None)
        self.several = kind == "multi_label_classification" and count > 1
        self.sigmoid = self.several or count == 1

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "labels", "labels": [{"label", "score"}, ...]}`` for each path.

        Raises ValueError for a picture that is too large, and what Pillow raises.
        """
        return [self._classify(Path(text)) for text in texts]

    def _classify(self, path: Path) -> dict[str, Any]:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{path.name} has more than {MAX_PIXELS} pixels")
            picture = ImageOps.exif_transpose(image).convert("RGB")
        batch = self.loaded.tokenizer(images=[picture], return_tensors="pt")
        model = self.loaded.model
        with torch.inference_mode():
            logits = model(pixel_values=batch["pixel_values"].to(model.dtype)).logits[0].float()
        scores = logits.sigmoid() if self.sigmoid else logits.softmax(-1)
        ranked = sorted(zip(self.labels, scores.tolist()), key=lambda pair: -pair[1])
        found = [{"label": label, "score": score} for label, score in ranked[:MOST_LABELS]]
        return {"kind": "labels", "labels": found, **({"several": True} if self.several else {})}
