"""What the Hub reads out of the headers of weight files: parameter counts, and gguf facts."""

import json
import math
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from .contents import Snapshot

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"

_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_GGUF_FACTS = {
    "general.architecture": "architecture",
    "tokenizer.chat_template": "chat_template",
}


def safetensors_header(path: Path) -> dict[str, Any]:
    """The JSON header of a safetensors file; empty where the file is not one."""
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if length > path.stat().st_size:
            return {}
        try:
            header = json.loads(handle.read(length))
        except ValueError:
            return {}
    return header if isinstance(header, dict) else {}


def shard_names(snapshot: Snapshot, index_name: str = INDEX) -> list[str]:
    """The shards that an index file names and that exist."""
    text = snapshot.text(index_name)
    if text is None:
        return []
    names = set(json.loads(text).get("weight_map", {}).values())
    folder = index_name.rpartition("/")[0]
    paths = (f"{folder}/{name}" if folder else name for name in names)
    return sorted(path for path in paths if path in snapshot.files)


def safetensors_summary(snapshot: Snapshot) -> dict[str, Any] | None:
    """The `safetensors` field of a model: parameters by dtype and their total."""
    names = [SINGLE] if SINGLE in snapshot.files else shard_names(snapshot)
    if not names:
        return None
    parameters: dict[str, int] = {}
    for name in names:
        for tensor, entry in safetensors_header(snapshot.files[name].path).items():
            if tensor != "__metadata__":
                dtype = str(entry["dtype"])
                parameters[dtype] = parameters.get(dtype, 0) + math.prod(entry["shape"])
    return {
        "parameters": parameters,
        "total": sum(parameters.values()),
        "sharded": len(names) > 1,
        "totalFileSize": sum(snapshot.files[name].size for name in names),
    }


def sharded_metadata(snapshot: Snapshot, index_name: str) -> dict[str, Any] | None:
    """The answer of the `safetensors-metadata` address: the header of every shard."""
    text = snapshot.text(index_name)
    if text is None:
        return None
    headers = {
        name.rpartition("/")[2]: safetensors_header(snapshot.files[name].path)
        for name in shard_names(snapshot, index_name)
    }
    return {"index": {"metadata": json.loads(text).get("metadata", {})}, "headers": headers}


def gguf_summary(snapshot: Snapshot) -> dict[str, Any] | None:
    """The `gguf` field of a model; `total` counts parameters, `totalFileSize` bytes of one file."""
    for name, file in snapshot.files.items():
        if name.endswith(".gguf"):
            facts = _read_gguf(file.path, file.size)
            if facts is not None:
                return {**facts, "totalFileSize": file.size}
    return None


@lru_cache(maxsize=256)
def _read_gguf(path: Path, size: int) -> dict[str, Any] | None:
    with path.open("rb") as handle:
        if handle.read(4) != b"GGUF":
            return None
        try:
            _version, tensors, pairs = struct.unpack("<IQQ", handle.read(20))
            values = dict(_pair(handle) for _ in range(pairs))
            total = sum(_elements(handle) for _ in range(tensors))
        except (struct.error, KeyError, UnicodeDecodeError):
            return None
    facts: dict[str, Any] = {"total": total}
    facts.update({said: values[key] for key, said in _GGUF_FACTS.items() if key in values})
    length = values.get(f"{values.get('general.architecture')}.context_length")
    if length is not None:
        facts["context_length"] = length
    return facts


def _number(handle: BinaryIO, code: str) -> Any:
    return struct.unpack(f"<{code}", handle.read(struct.calcsize(f"<{code}")))[0]


def _string(handle: BinaryIO) -> str:
    return handle.read(_number(handle, "Q")).decode("utf-8", errors="replace")


def _pair(handle: BinaryIO) -> tuple[str, Any]:
    key = _string(handle)
    return key, _value(handle, _number(handle, "I"))


def _value(handle: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(handle)
    if kind == _ARRAY:
        inner, count = _number(handle, "I"), _number(handle, "Q")
        for _ in range(count):
            _value(handle, inner)
        return None
    return _number(handle, _SCALARS[kind])


def _elements(handle: BinaryIO) -> int:
    _string(handle)
    count = _number(handle, "I")
    shape = [_number(handle, "Q") for _ in range(count)]
    handle.seek(12, 1)  # the element type and the offset
    return math.prod(shape)
