# SPDX-License-Identifier: Apache-2.0
"""How fast Petit downloads beside ``hf download``, from the same Hub on loopback, in interleaved rounds.

    python -m tests.benchmarks.hub_download [--rounds 5] [--large MB] [--rate MB_PER_S]

Each download runs in a fresh process into an empty cache and is timed without the start of Python. Petit
checks the sha256 of what comes; huggingface_hub does not. The limit is reading the same bytes from this
disk, hashing them and writing them again. ``rate`` holds each connection to so many megabytes a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MB = 1_000_000
_SERVER = """
import sys, threading
from pathlib import Path
from tests.loopback_hub import LoopbackHub, Repository
root, rate = Path(sys.argv[1]), float(sys.argv[2])
with LoopbackHub([Repository(f"org/{f.name}", f) for f in sorted(root.iterdir())]) as hub:
    for each in sorted(root.iterdir()):
        hub.sha(f"org/{each.name}")  # hashes the files, which the real Hub has long done
    if rate:
        hub.faults.slow(rate, origin="cdn")
    print(hub.endpoint, flush=True)
    sys.stdin.read()
"""
_PETIT = """
import sys, time
from pathlib import Path
from selector.engines.torch_engine import ENGINE
from selector.hub.client import HubClient
from selector.hub.download import Places, pull
from selector.reference import parse_reference
import httpx2
endpoint, repo, cache = sys.argv[1:]
client = HubClient(endpoint, token=False)
client._headers()
began = time.perf_counter()
pulled = pull(client, parse_reference(repo), None, ENGINE, "fp32",
              places=Places(Path(cache), Path(cache) / "parts"),
              progress=lambda p: None, cancelled=lambda: False)
assert pulled.model.verified
print(time.perf_counter() - began)
"""
_HF = """
import sys, time
from huggingface_hub import snapshot_download
from huggingface_hub.utils import disable_progress_bars
import httpx2
disable_progress_bars()
endpoint, repo, cache = sys.argv[1:]
began = time.perf_counter()
snapshot_download(repo, endpoint=endpoint, cache_dir=cache, token=False)
print(time.perf_counter() - began)
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Medians in seconds of one case."""

    case: str
    bytes: int
    petit_s: float
    hf_s: float
    limit_s: float

    @property
    def ratio(self) -> float:
        """Petit's throughput as a multiple of that of huggingface_hub."""
        return self.hf_s / self.petit_s


def make_repositories(root: Path, large_mb: int, small: int, beside_mb: int) -> dict[str, Path]:
    """One model in one large file, and one in many small files and a larger one."""
    from tests.hub.conftest import folder

    def weights(size: int) -> bytes:
        header = json.dumps(
            {"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
        ).encode()
        return len(header).to_bytes(8, "little") + header + os.urandom(size)

    large = folder(root / "large", weights=0)
    (large / "model.safetensors").write_bytes(weights(large_mb * MB))
    many = folder(root / "many", weights=0)
    names = [f"model-{n:05}-of-{small + 1:05}.safetensors" for n in range(1, small + 2)]
    for name in names[:-1]:
        (many / name).write_bytes(weights(200_000))
    (many / names[-1]).write_bytes(weights(beside_mb * MB))
    index = {"metadata": {}, "weight_map": {f"w{n}": name for n, name in enumerate(names)}}
    (many / "model.safetensors.index.json").write_text(json.dumps(index))
    return {"one large file": large, "many small files and a larger one": many}


def _environment() -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {**found, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


@contextmanager
def serving(root: Path, rate: float) -> Iterator[str]:
    """A Hub in a process of its own; gives its address."""
    command = [sys.executable, "-c", _SERVER, str(root), str(rate)]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait(30)
        server.stdout.close()


def _download(code: str, endpoint: str, repo: str, place: Path) -> float:
    cache = place / "cache"
    command = [sys.executable, "-c", code, endpoint, repo, str(cache)]
    environment = {**_environment(), "HF_HOME": str(place / "home")}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return float(done.stdout.split()[-1])
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def copy_and_hash(source: Path, place: Path) -> float:
    """Seconds to read every file, hash it and write it."""
    target = place / "copy"
    target.mkdir()
    began = time.perf_counter()
    for path in sorted(source.rglob("*")):
        digest = hashlib.sha256()
        with path.open("rb") as reading, (target / path.name).open("wb") as writing:
            while block := reading.read(1 << 20):
                digest.update(block)
                writing.write(block)
    spent = time.perf_counter() - began
    shutil.rmtree(target)
    return spent


def measure(
    place: Path, rounds: int, large_mb: int, small: int, beside_mb: int, rate: float
) -> list[Times]:
    """Every case, its contestants taking turns within each round."""
    root = place / "repositories"
    if not root.exists():
        root.mkdir()
        make_repositories(root, large_mb, small, beside_mb)
    results = []
    with serving(root, rate) as endpoint:
        for name, case in (("large", "one large file"), ("many", "many small files")):
            times: dict[str, list[float]] = {"petit": [], "hf": [], "limit": []}
            for number in range(rounds):
                order = ("petit", "hf", "limit") if number % 2 else ("hf", "petit", "limit")
                for who in order:
                    if who == "limit":
                        spent = copy_and_hash(root / name, place)
                    else:
                        code = _PETIT if who == "petit" else _HF
                        spent = _download(code, endpoint, f"org/{name}", place)
                    times[who].append(spent)
            medians = {who: statistics.median(found) for who, found in times.items()}
            size = sum(path.stat().st_size for path in (root / name).rglob("*") if path.is_file())
            at = f", {rate / MB:.0f} MB/s a connection" if rate else ""
            results.append(
                Times(case + at, size, medians["petit"], medians["hf"], medians["limit"])
            )
    return results


def told(found: Times) -> str:
    """One line for people."""
    speeds = [found.bytes / MB / s for s in (found.petit_s, found.hf_s, found.limit_s)]
    petit, hf, limit = (f"{speed:.0f} MB/s" for speed in speeds)
    return (
        f"{found.case}: Petit {petit}, hf download {hf}, ratio {found.ratio:.2f};"
        f" copy and sha256 {limit}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=400, metavar="MB")
    parser.add_argument("--rate", type=float, default=40, metavar="MB_PER_S")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rate in (0.0, options.rate * MB):
            for found in measure(Path(folder), options.rounds, options.large, 40, 100, rate):
                sys.stdout.write(told(found) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
