# SPDX-License-Identifier: Apache-2.0
"""The role ``architecture``: builds an empty model from a configuration, to see whether it can be.

On the meta device a model has shapes and no numbers, so any size costs about the same. The
configuration is a stranger's: the process has no network, no token and a limit on its memory, runs no
code of the repository, and whoever asks ends it when it takes too long.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from selector.errors import ProtocolProblem

MEMORY_BYTES = 4_000_000_000
"""Above what torch itself takes, and far below what would trouble a machine."""
MOST_PARAMETERS = 10**14
# Choices of how to run that say nothing of what is built, and ask for libraries that are not here.
_RUNTIME = (
    "quantization_config",
    "attn_implementation",
    "_attn_implementation",
    "compression_config",
)


def limit_memory(limit: int = MEMORY_BYTES) -> bool:
    """Let this process have no more than ``limit`` bytes of its own; whether the system can do that."""
    if not sys.platform.startswith("linux"):
        return False
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    return True


def build(config: Mapping[str, Any]) -> dict[str, Any]:
    """``{"answer", "parameters", "architecture"}``; see Support for the answers."""
    import torch
    import transformers
    from transformers import AutoConfig, PreTrainedModel
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in CONFIG_MAPPING:
        return {"answer": "remote code" if "auto_map" in config else "unknown architecture"}
    plain = {key: value for key, value in config.items() if key not in {*_RUNTIME, "auto_map"}}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(plain), encoding="utf-8")
        read = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""
    found = getattr(transformers, name, None) if name.isidentifier() else None
    if not (isinstance(found, type) and issubclass(found, PreTrainedModel)):
        if name:
            return {"answer": "unknown architecture", "architecture": name[:80]}
        found = MODEL_MAPPING.get(type(read), None)
        found = found[0] if isinstance(found, tuple) else found
        if found is None:
            return {"answer": "unknown architecture"}
    with torch.device("meta"):
        model = found._from_config(read)  # what AutoModel.from_config calls
    parameters = int(model.num_parameters())
    if not 0 < parameters <= MOST_PARAMETERS:
        return {"answer": "refused", "detail": "size"}
    return {"answer": "runs", "parameters": parameters, "architecture": found.__name__}


class ArchitectureRole:
    """Op ``check`` {config} gives what ``build`` gives."""

    def __init__(self) -> None:
        self.limited = limit_memory()

    def handle(
        self,
        op: str,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """See Role."""
        config = args.get("config")
        if op != "check" or not isinstance(config, dict):
            raise ProtocolProblem(reason="unknown op", op=op)
        try:
            return build(config)
        except MemoryError:
            return {"answer": "too large"}
        except Exception as error:  # noqa: BLE001 - a stranger's configuration raises what it likes
            return {"answer": "refused", "detail": type(error).__name__}

    def close(self) -> None:
        """Nothing is held."""


def role() -> ArchitectureRole:
    """The role, for the worker's entry."""
    return ArchitectureRole()
