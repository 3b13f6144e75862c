"""What the Hub derives from README.md and from the file names: task, library and tags."""

import json
from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped,unused-ignore]

from .contents import Snapshot
from .repository import Repository

# The ending of an architecture's name -> the task, and the class the Hub suggests for it.
_HEADS: Mapping[str, tuple[str, str]] = {
    "ForSequenceClassification": ("text-classification", "AutoModelForSequenceClassification"),
    "ForTokenClassification": ("token-classification", "AutoModelForTokenClassification"),
    "ForQuestionAnswering": ("question-answering", "AutoModelForQuestionAnswering"),
    "ForMaskedLM": ("fill-mask", "AutoModelForMaskedLM"),
    "ForCausalLM": ("text-generation", "AutoModelForCausalLM"),
    "LMHeadModel": ("text-generation", "AutoModelForCausalLM"),
    "ForImageClassification": ("image-classification", "AutoModelForImageClassification"),
    "ForObjectDetection": ("object-detection", "AutoModelForObjectDetection"),
    "ForSemanticSegmentation": ("image-segmentation", "AutoModelForSemanticSegmentation"),
    "ForDepthEstimation": ("depth-estimation", "AutoModelForDepthEstimation"),
    "ForAudioClassification": ("audio-classification", "AutoModelForAudioClassification"),
    "ForCTC": ("automatic-speech-recognition", "AutoModelForCTC"),
    "WhisperForConditionalGeneration": (
        "automatic-speech-recognition",
        "AutoModelForSpeechSeq2Seq",
    ),
    "CLIPModel": ("zero-shot-image-classification", "AutoModelForZeroShotImageClassification"),
    "BertModel": ("feature-extraction", "AutoModel"),
}
# A file's presence -> the tag for its format, in the order the Hub gives them.
_FORMATS: Mapping[str, str] = {
    ".bin": "pytorch",
    ".h5": "tf",
    ".msgpack": "jax",
    ".onnx": "onnx",
    ".safetensors": "safetensors",
    ".gguf": "gguf",
}
_CONFIG_KEYS = ("architectures", "model_type", "quantization_config", "auto_map")
_TOKEN_KEYS = (
    "bos_token", "cls_token", "eos_token", "mask_token", "pad_token", "sep_token", "unk_token",
    "chat_template",
)  # fmt: skip


class Card:
    """The derived facts of one revision of a repository."""

    def __init__(self, repository: Repository, snapshot: Snapshot) -> None:
        self.repository = repository
        self.snapshot = snapshot
        self.data = front_matter(snapshot.text("README.md") or "")
        self._config = _json(snapshot, "config.json")
        self._tokenizer = _json(snapshot, "tokenizer_config.json")

    @property
    def config(self) -> dict[str, Any]:
        """The few keys of config.json that the Hub passes on, and the special tokens."""
        shown = {key: self._config[key] for key in _CONFIG_KEYS if key in self._config}
        if self._tokenizer:
            shown["tokenizer_config"] = {
                key: self._tokenizer[key] for key in _TOKEN_KEYS if key in self._tokenizer
            }
        return shown

    @property
    def mask_token(self) -> str | None:
        """The mask token of a fill-mask model."""
        token = self._tokenizer.get("mask_token")
        token = token.get("content") if isinstance(token, dict) else token
        return token if isinstance(token, str) else None

    def _head(self) -> tuple[str, str] | None:
        for architecture in self._config.get("architectures") or []:
            for ending, head in _HEADS.items():
                if str(architecture).endswith(ending):
                    return head
        return None

    @property
    def library_name(self) -> str | None:
        """Declared by the repository, by its card, or read off its files."""
        if self.repository.hide_library_name:
            return None
        declared = self.repository.library_name or self.data.get("library_name")
        if declared:
            return str(declared)
        files = self.snapshot.files
        if "modules.json" in files or "config_sentence_transformers.json" in files:
            return "sentence-transformers"
        if "model_index.json" in files:
            return "diffusers"
        if "adapter_config.json" in files:
            return "peft"
        return "transformers" if "model_type" in self._config else None

    @property
    def pipeline_tag(self) -> str | None:
        """Declared by the repository, by its card, or read off the architecture."""
        if self.repository.hide_pipeline_tag:
            return None
        declared = self.repository.pipeline_tag or self.data.get("pipeline_tag")
        if declared:
            return str(declared)
        if self.library_name == "sentence-transformers":
            return "sentence-similarity"
        head = self._head()
        return head[0] if head else None

    @property
    def transformers_info(self) -> dict[str, str] | None:
        """Which class loads the model, for models of transformers."""
        head = self._head()
        if self.library_name != "transformers" or head is None:
            return None
        info = {"auto_model": head[1], "pipeline_tag": head[0]}
        return {**info, "processor": "AutoTokenizer"} if self._tokenizer else info

    @property
    def tags(self) -> list[str]:
        """All tags in the Hub's order, each once."""
        if self.repository.tags is not None:
            return list(self.repository.tags)
        data = self.data
        names = self.snapshot.files
        tags = [self.library_name] if self.library_name else []
        tags += [
            tag for suffix, tag in _FORMATS.items() if any(name.endswith(suffix) for name in names)
        ]
        tags += [str(self._config["model_type"])] if "model_type" in self._config else []
        tags += [self.pipeline_tag] if self.pipeline_tag else []
        tags += _listed(data.get("tags"))
        tags += ["custom_code"] if "auto_map" in self._config else []
        tags += _listed(data.get("language"))
        tags += [f"dataset:{name}" for name in _listed(data.get("datasets"))]
        tags += [f"arxiv:{name}" for name in _listed(data.get("arxiv"))]
        for base in _listed(data.get("base_model")):
            relation = data.get("base_model_relation", "finetune")
            tags += [f"base_model:{base}", f"base_model:{relation}:{base}"]
        tags += [f"license:{name}" for name in _listed(data.get("license"))]
        return list(dict.fromkeys([*tags, *self.repository.extra_tags, "region:us"]))


def front_matter(text: str) -> dict[str, Any]:
    """The YAML between the two lines of dashes at the top of a model card."""
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---":
        return {}
    try:
        end = next(n for n, line in enumerate(lines[1:], 1) if line.strip() == "---")
        data = yaml.safe_load("\n".join(lines[1:end]))
    except (StopIteration, yaml.YAMLError):
        return {}
    # What YAML reads as a date has no place in JSON.
    return json.loads(json.dumps(data, default=str)) if isinstance(data, dict) else {}


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _json(snapshot: Snapshot, name: str) -> dict[str, Any]:
    try:
        data = json.loads(snapshot.text(name) or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
