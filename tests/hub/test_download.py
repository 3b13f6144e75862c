# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from selector.engines.torch_engine import ENGINE
from selector.errors import (
    Cancelled,
    DamagedFile,
    DownloadInterrupted,
    HubAnswerBad,
    HubUnreachable,
    LoginNeeded,
    NotEnoughDisk,
    NoUsableWeights,
    RepositoryNotFound,
    UnsafePath,
    UnsupportedModel,
)
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.download import Places, pull
from selector.hub.journal import written
from selector.hub.patience import Patience
from selector.hub.progress import Meter, Progress
from selector.hub.ranges import total
from selector.reference import parse_reference
from tests.hub.conftest import folder
from tests.loopback_hub import LoopbackHub, Repository

Pull = Callable[..., LocalModel]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_unmodified_client_finds_every_file(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    from huggingface_hub import snapshot_download, try_to_load_from_cache

    model = fetch("org/small")
    cache = tmp_path / "cache"
    patterns = [path for path, _, _ in model.files]
    for revision in (hub.sha("org/small"), "main"):
        found = snapshot_download(
            "org/small",
            revision=revision,
            allow_patterns=patterns,
            cache_dir=cache,
            local_files_only=True,
        )
        assert Path(found) == Path(model.path)
    for path, sha256, size in model.files:
        there = try_to_load_from_cache("org/small", path, cache_dir=cache)
        assert isinstance(there, str)
        assert _sha256(Path(there)) == sha256
        assert Path(there).stat().st_size == size
    assert model.verified
    assert model.revision == hub.sha("org/small")
    assert not list((tmp_path / "downloads").glob("*.part"))


def test_only_what_the_engine_needs_is_fetched(
    hub: LoopbackHub, fetch: Pull, tmp_path: Path
) -> None:
    hub.publish(
        Repository(
            "org/much",
            folder(
                tmp_path / "much",
                {"pytorch_model.bin": b"p" * 50_000, "onnx/model.onnx": b"o", "logo.png": b"x"},
            ),
        )
    )
    model = fetch("org/much")
    names = {path for path, _, _ in model.files}
    assert names == {"README.md", "config.json", "tokenizer.json", "model.safetensors"}
    assert not hub.requests_to(path="pytorch_model.bin")


def test_a_second_pull_fetches_nothing(fetch: Pull, hub: LoopbackHub) -> None:
    first = fetch("org/small")
    hub.clear_requests()
    assert fetch("org/small") == first
    assert len(hub.requests) == 1


def test_what_another_tool_has_downloaded_is_not_fetched_again(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    from huggingface_hub import snapshot_download

    cache = tmp_path / "cache"
    snapshot_download("org/large", endpoint=hub.endpoint, cache_dir=cache, token=False)
    blobs = {path: path.stat().st_ino for path in cache.rglob("blobs/*")}
    hub.clear_requests()
    assert fetch("org/large").verified
    assert not hub.requests_to(path="resolve")
    assert not hub.requests_to(origin="cdn")
    assert {path: path.stat().st_ino for path in cache.rglob("blobs/*")} == blobs


def test_progress_reaches_the_total(fetch: Pull) -> None:
    seen: list[Progress] = []
    model = fetch("org/large", progress=seen.append)
    assert seen[-1].done_bytes == seen[-1].total_bytes == model.bytes
    assert [p.done_bytes for p in seen] == sorted(p.done_bytes for p in seen)


@pytest.mark.parametrize("times", [1, 4])
def test_a_dropped_connection_goes_on_where_it_stopped(
    fetch: Pull, hub: LoopbackHub, times: int
) -> None:
    hub.faults.drop_after(150_000, origin="cdn", times=times)
    model = fetch("org/large")
    ranges = [r.headers.get("range") for r in hub.requests_to(origin="cdn", method="GET")]
    assert model.verified
    assert ranges[0] is None
    assert all(ranges[1:])
    assert len(ranges) == times + 1


def test_a_server_without_ranges_is_begun_anew(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.ignore_range()
    hub.faults.drop_after(150_000, origin="cdn", times=1)
    assert fetch("org/large").verified


def test_a_short_body_that_says_it_is_whole(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.truncate(100_000, origin="cdn", times=1)
    assert fetch("org/large").verified


def test_a_server_error_and_a_stall_are_survived(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.answer_status(503, origin="cdn", times=1)
    hub.faults.stall(5, at=60_000, origin="cdn", times=1, after=1)
    assert fetch("org/large").verified


def test_a_flipped_byte_is_noticed_and_fetched_again(fetch: Pull, hub: LoopbackHub) -> None:
    fault = hub.faults.flip_byte(5000, origin="cdn", times=1)
    assert fetch("org/large").verified
    assert fault.strikes == 1


def test_a_file_that_stays_damaged_is_refused(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    hub.faults.flip_byte(5000, path="model.safetensors")
    hub.faults.flip_byte(5000, origin="cdn")
    with pytest.raises(DamagedFile) as caught:
        fetch("org/large")
    assert caught.value.facts["file"] == "model.safetensors"
    assert not list((tmp_path / "cache").rglob("snapshots/*/model.safetensors"))
    original = _sha256(tmp_path / "repos" / "large" / "model.safetensors")
    assert (tmp_path / "downloads" / f"{original}.part").stat().st_size == 0


def test_a_damaged_small_file_is_refused(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.flip_byte(3, path="config.json")
    with pytest.raises(DamagedFile):
        fetch("org/small")


def test_a_prefix_that_was_damaged_on_disk_is_noticed(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    info = hub.sha("org/large")
    model_file = tmp_path / "repos" / "large" / "model.safetensors"
    (tmp_path / "downloads").mkdir()
    part = tmp_path / "downloads" / f"{_sha256(model_file)}.part"
    part.write_bytes(b"\0" * 300_000)
    model = fetch(f"org/large@{info}")
    assert model.verified
    assert _sha256(Path(model.path) / "model.safetensors") == _sha256(model_file)


def test_a_damaged_file_in_the_cache_is_replaced(fetch: Pull, tmp_path: Path) -> None:
    model = fetch("org/large")
    blob = (Path(model.path) / "model.safetensors").resolve()
    blob.write_bytes(b"\0" * blob.stat().st_size)
    assert fetch("org/large") == model
    assert _sha256(Path(model.path) / "model.safetensors") == blob.name


def test_a_connection_that_always_breaks_is_given_up(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.drop_after(0, origin="cdn")
    with pytest.raises(DownloadInterrupted) as caught:
        fetch("org/large", patience=Patience(pause_s=0.01))
    assert caught.value.facts["file"] == "model.safetensors"


def test_cancelling_is_immediate_and_keeps_the_part(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    hub.faults.stall(20, at=200_000, origin="cdn")
    stop = threading.Event()
    asked: list[float] = []

    def later() -> None:
        while _largest_part(tmp_path) < 100_000:
            time.sleep(0.01)
        asked.append(time.monotonic())
        stop.set()

    threading.Thread(target=later, daemon=True).start()
    with pytest.raises(Cancelled):
        fetch("org/large", cancelled=stop.is_set)
    assert time.monotonic() - asked[0] < 0.5
    assert _largest_part(tmp_path) >= 100_000


def _largest_part(tmp_path: Path) -> int:
    """Bytes of the largest unfinished file; those that are finished meanwhile do not count."""
    sizes = [0]
    for part in (tmp_path / "downloads").glob("*.part"):
        with contextlib.suppress(FileNotFoundError):
            sizes.append(part.stat().st_size)
    return max(sizes)


_CHILD = """
import sys
from pathlib import Path
from selector.engines.torch_engine import ENGINE
from selector.hub.client import HubClient
from selector.hub.download import Places, pull
from selector.hub.ranges import total
from selector.reference import parse_reference
pull(HubClient(sys.argv[1]), parse_reference("org/large"), None, ENGINE, "fp32",
     places=Places(Path(sys.argv[2]), Path(sys.argv[3])),
     progress=lambda p: None, cancelled=lambda: False)
"""


def test_a_download_resumes_after_kill(fetch: Pull, hub: LoopbackHub, tmp_path: Path) -> None:
    hub.faults.slow(200_000, origin="cdn")
    parts = tmp_path / "downloads"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, hub.endpoint, str(tmp_path / "cache"), str(parts)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    deadline = time.monotonic() + 60
    while _largest_part(tmp_path) < 150_000:
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL) if os.name != "nt" else child.kill()
    child.wait()
    (part,) = parts.glob("*.part")
    size = (tmp_path / "repos" / "large" / "model.safetensors").stat().st_size
    kept = total(written(part, size), size)
    hub.faults.clear()
    hub.clear_requests()
    model = fetch("org/large")
    ranges = [r.headers.get("range") for r in hub.requests_to(origin="cdn", method="GET")]
    assert ranges == [f"bytes={kept}-"]
    original = tmp_path / "repos" / "large" / "model.safetensors"
    assert _sha256(Path(model.path) / "model.safetensors") == _sha256(original)
    assert model.verified


def test_a_full_disk_is_told_before_the_first_byte(fetch: Pull, hub: LoopbackHub) -> None:
    with pytest.raises(NotEnoughDisk) as caught:
        fetch("org/large", free=lambda _: 10_000)
    assert caught.value.facts["have_bytes"] == 10_000
    assert caught.value.facts["need_bytes"] > 900_000
    assert not hub.requests_to(path="resolve")


def test_two_processes_fetch_one_file_once(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.slow(2_000_000, origin="cdn")
    found: list[LocalModel] = []
    threads = [threading.Thread(target=lambda: found.append(fetch("org/large"))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 2
    assert found[0].files == found[1].files
    assert len(hub.requests_to(origin="cdn", method="GET")) == 1


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("org/pickle", "risk.pickle_only"),
        ("org/remote", "risk.remote_code"),
        ("org/empty", "risk.no_weights"),
    ],
)
def test_what_must_not_be_loaded_is_not_downloaded(
    fetch: Pull, hub: LoopbackHub, ref: str, reason: str
) -> None:
    with pytest.raises(NoUsableWeights) as caught:
        fetch(ref)
    assert reason in caught.value.facts["reasons"]
    assert len(hub.requests) == 1


def test_weights_that_a_scanner_flags_are_refused(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    flagged = folder(tmp_path / "flagged", seed=9)
    hub.publish(Repository("org/flagged", flagged, unsafe_files={"model.safetensors": "unsafe"}))
    with pytest.raises(NoUsableWeights) as caught:
        fetch("org/flagged")
    assert caught.value.facts["reasons"] == ["risk.unsafe_file"]


def test_a_model_without_the_task_s_head_is_refused(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path
) -> None:
    base = folder(tmp_path / "base", config={"architectures": ["BertModel"], "model_type": "bert"})
    hub.publish(Repository("org/base", base))
    with pytest.raises(UnsupportedModel):
        fetch("org/base")


def test_missing_and_gated(fetch: Pull) -> None:
    with pytest.raises(RepositoryNotFound):
        fetch("org/nothing")
    with pytest.raises(RepositoryNotFound):
        fetch("org/small@nothing")
    with pytest.raises(LoginNeeded) as caught:
        fetch("org/gated")
    assert "org/gated" in caught.value.facts["page"]


def test_a_token_opens_the_gate_and_stays_on_its_origin(
    fetch: Pull, hub: LoopbackHub, connect: Callable[..., HubClient], tmp_path: Path
) -> None:
    model = pull(
        connect(hub.endpoint, token="good"),
        parse_reference("org/gated"),
        None,
        ENGINE,
        "fp32",
        places=Places(tmp_path / "cache", tmp_path / "downloads"),
        progress=lambda _: None,
        cancelled=lambda: False,
    ).model
    assert model.verified
    assert hub.requests_to(origin="cdn")
    assert all("authorization" not in r.headers for r in hub.requests_to(origin="cdn"))
    assert all("authorization" in r.headers for r in hub.requests_to(origin="api"))


def test_no_server(fetch: Pull, hub: LoopbackHub) -> None:
    hub.close()
    with pytest.raises(HubUnreachable):
        fetch("org/small")


@pytest.mark.parametrize("name", ["../../../evil", "/etc/evil", "a\\b", "C:evil", "nul", "a\0b"])
def test_a_hostile_file_name_is_refused(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path, name: str
) -> None:
    def edit(raw: dict[str, object]) -> dict[str, object]:
        siblings = raw["siblings"]
        assert isinstance(siblings, list)
        return {**raw, "siblings": [*siblings, {"rfilename": name, "size": 3}]}

    hub.faults.edit_json(edit, path="/api/models/")
    with pytest.raises(UnsafePath):
        fetch("org/small")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"sha": None},
        {"sha": "../../x"},
        {"siblings": [{}]},
        {"siblings": [{"rfilename": 5}]},
    ],
)
def test_a_nonsensical_answer_is_refused(
    fetch: Pull, hub: LoopbackHub, change: dict[str, object]
) -> None:
    hub.faults.edit_json(lambda raw: {**raw, **change}, path="/api/models/")
    with pytest.raises(HubAnswerBad):
        fetch("org/small")


def test_another_commit_than_the_pinned_one_is_refused(fetch: Pull, hub: LoopbackHub) -> None:
    sha = hub.sha("org/small")
    hub.faults.edit_json(lambda raw: {**raw, "sha": "0" * 40}, path="/api/models/")
    with pytest.raises(HubAnswerBad):
        fetch(f"org/small@{sha}")


def test_the_rate_is_that_of_the_last_seconds() -> None:
    sent: list[Progress] = []
    now = [0.0]
    meter = Meter(1000, sent.append, clock=lambda: now[0])
    for second in range(6):
        now[0] = float(second)
        meter.at("f", second * 100)
    assert sent[-1].bytes_per_s == pytest.approx(100)
    assert sent[-1].eta_s == pytest.approx(5)
    assert json.dumps(sent[-1].to_json())
