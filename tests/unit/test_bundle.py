# SPDX-License-Identifier: Apache-2.0
"""Bundles: what goes in comes out byte for byte; what is damaged, hostile or too large writes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide.document import load, unmeasured
from selector.desk.bundle_desk import BundleDesk
from selector.errors import (
    Cancelled,
    NotDownloaded,
    NotEnoughDisk,
    TargetExists,
    TargetNotWritable,
)
from selector.export_errors import BundleUnreadable, PinnedFileDiffers
from selector.exports import bundle_placing
from selector.exports.bundle_manifest import Manifest, manifest_from_json
from selector.exports.bundle_writing import write_bundle
from selector.paths import hub_cache, locations
from selector.trial.measurement import Contestant
from selector.wording import Wording

SHA = "a" * 40
WEIGHTS = b"weights" * 40_000
SMALL = {"config.json": b"{}", "nested/tokenizer.json": b"{ }", "copy.json": b"{}"}


def quiet(_done: int, _total: int) -> None:
    pass


def never() -> bool:
    return False


@pytest.fixture
def contestant(tmp_path: Path) -> Contestant:
    root = tmp_path / "source"
    files = []
    for name, content in {"model.safetensors": WEIGHTS, **SMALL}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
        files.append((name, hashlib.sha256(content).hexdigest(), len(content)))
    ref = f"bank/tiny@{SHA}#torch-fp32"
    return Contestant(ref, "bank/tiny", SHA, "torch", "fp32", str(root), 10, 10, tuple(files))


def document_of(contestant: Contestant) -> dict[str, Any]:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return unmeasured(contestant, "text-classification", "accuracy", None, None, now)


@pytest.fixture
def bundle(contestant: Contestant, tmp_path: Path) -> Path:
    path = tmp_path / "out" / "tiny.petit-bundle"
    write_bundle([(contestant, document_of(contestant))], path, quiet, never)
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[BundleDesk]:
    made = BundleDesk(locations(tmp_path / "data").create())
    yield made
    made.close()


def written() -> list[str]:
    """Everything in the model cache."""
    return sorted(str(path.relative_to(hub_cache())) for path in hub_cache().rglob("*"))


def decisions(desk: BundleDesk) -> list[Path]:
    return sorted(desk.locations.decisions.glob("*")) if desk.locations.decisions.exists() else []


# -- there and back -------------------------------------------------------------------------------------
def test_what_goes_in_comes_out_into_the_normal_cache(
    desk: BundleDesk, bundle: Path, contestant: Contestant
) -> None:
    done = desk.import_bundle(bundle)
    ((model, folder),) = done.models
    assert (model.repo, model.revision) == ("bank/tiny", SHA)
    for name, content in {"model.safetensors": WEIGHTS, **SMALL}.items():
        assert (folder / name).read_bytes() == content
    root = hub_cache() / "models--bank--tiny"
    assert folder == root / "snapshots" / SHA
    assert (root / "refs" / "main").read_text() == SHA
    assert len(list((root / "blobs").iterdir())) == 3  # one content is there twice, and stored once
    (kept,) = done.decisions
    assert load(kept)["contestant"]["files"] == document_of(contestant)["contestant"]["files"]
    (local,) = [x for x in desk.library() if x.repo == "bank/tiny"]
    assert local.verified
    before = written()
    again = desk.import_bundle(bundle)
    assert written() == before
    assert again.decisions != done.decisions
    assert desk.remove(f"bank/tiny@{SHA}") > 0  # Petit brought it: no question is asked


def test_the_same_models_make_the_same_bytes(
    bundle: Path, contestant: Contestant, tmp_path: Path
) -> None:
    other = tmp_path / "other.petit-bundle"
    write_bundle([(contestant, document_of(contestant))], other, quiet, never)
    assert other.read_bytes() == bundle.read_bytes()


def test_a_commit_that_is_here_in_part_gets_what_it_lacks(desk: BundleDesk, bundle: Path) -> None:
    folder = hub_cache() / "models--bank--tiny" / "snapshots" / SHA
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(SMALL["config.json"])
    (folder / "other.txt").write_text("mine")
    desk.import_bundle(bundle)
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "other.txt").read_text() == "mine"


def test_a_file_of_the_same_commit_with_another_content_is_not_overwritten(
    desk: BundleDesk, bundle: Path
) -> None:
    folder = hub_cache() / "models--bank--tiny" / "snapshots" / SHA
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"[]")
    before = written()
    with pytest.raises(PinnedFileDiffers):
        desk.import_bundle(bundle)
    assert (folder / "config.json").read_bytes() == b"[]"
    assert (written(), decisions(desk)) == (before, [])


# -- writing --------------------------------------------------------------------------------------------
def test_writing_refuses_a_taken_name_a_changed_file_and_a_lost_one(
    contestant: Contestant, bundle: Path, tmp_path: Path
) -> None:
    chosen = [(contestant, document_of(contestant))]
    with pytest.raises(TargetExists):
        write_bundle(chosen, bundle, quiet, never)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(TargetExists):
        write_bundle(chosen, link, quiet, never)
    with pytest.raises(TargetNotWritable):
        write_bundle(chosen, bundle / "below", quiet, never)
    new = tmp_path / "new" / "x.petit-bundle"
    with pytest.raises(Cancelled):
        write_bundle(chosen, new, quiet, lambda: True)
    weights = Path(contestant.folder) / "model.safetensors"
    weights.write_bytes(WEIGHTS[:-1] + b"?")
    with pytest.raises(PinnedFileDiffers):
        write_bundle(chosen, new, quiet, never)
    weights.unlink()
    with pytest.raises(NotDownloaded):
        write_bundle(chosen, new, quiet, never)
    assert list(new.parent.iterdir()) == []


@contextlib.contextmanager
def small_disk(most: int) -> Iterator[None]:
    """No file may grow beyond ``most`` bytes: what a write meets is real."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for a file's size")
def test_a_disk_that_is_full_in_the_middle_leaves_nothing_behind(
    desk: BundleDesk, bundle: Path, contestant: Contestant, tmp_path: Path
) -> None:
    new = tmp_path / "new" / "x.petit-bundle"
    with small_disk(len(WEIGHTS) // 2):
        with pytest.raises(TargetNotWritable):
            write_bundle([(contestant, document_of(contestant))], new, quiet, never)
        with pytest.raises(TargetNotWritable):
            desk.import_bundle(bundle)
    assert list(new.parent.iterdir()) == []
    assert (written(), decisions(desk)) == ([], [])


def test_a_disk_without_room_is_said_before_anything_is_written(
    desk: BundleDesk, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_placing, "RESERVE_BYTES", 1 << 62)
    with pytest.raises(NotEnoughDisk) as caught:
        desk.import_bundle(bundle)
    assert caught.value.facts["need_bytes"] > len(WEIGHTS)
    assert (written(), decisions(desk)) == ([], [])


def test_a_cache_that_cannot_be_written_is_said(
    desk: BundleDesk, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    with pytest.raises(TargetNotWritable):
        desk.import_bundle(bundle)
    assert decisions(desk) == []


def test_a_cancelled_import_leaves_nothing_behind(desk: BundleDesk, bundle: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 6  # verified, and in the middle of writing

    with pytest.raises(Cancelled):
        desk.import_bundle(bundle, cancelled=stop)
    assert (written(), decisions(desk)) == ([], [])


# -- what a stranger may send ----------------------------------------------------------------------------
Parts = dict[str, bytes]


def repacked(
    bundle: Path,
    change: Callable[[dict[str, Any], Parts], Any] = lambda _manifest, _parts: None,
    more: Callable[[zipfile.ZipFile], Any] = lambda _archive: None,
    packing: int = zipfile.ZIP_STORED,
) -> Path:
    """The bundle with its manifest and members changed as an attacker would."""
    with zipfile.ZipFile(bundle) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop("manifest.json"))
    change(manifest, parts)
    bundle.unlink()
    with zipfile.ZipFile(bundle, "w", packing) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, content in parts.items():
            archive.writestr(name, content)
        more(archive)
    return bundle


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["models"][0]["files"][0]  # type: ignore[no-any-return]


def link_in(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo(f"blobs/{'0' * 64}")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def rename(to: str) -> Callable[[dict[str, Any], Parts], Any]:
    return lambda manifest, _parts: first(manifest).update(path=to)


def add(name: str, content: bytes = b"x") -> Callable[[zipfile.ZipFile], Any]:
    return lambda archive: archive.writestr(name, content)


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("unsafe_path", {"more": add("../evil")}),
    ("unsafe_path", {"more": add("/etc/evil")}),
    ("unsafe_path", {"more": add("blobs\\..\\evil")}),
    ("unsafe_path", {"more": add(f"blobs/{'0' * 64}/../../evil")}),
    ("unsafe_path", {"more": add(f"blobs/{'0' * 64}\n")}),
    ("unsafe_path", {"change": rename("../../evil")}),
    ("unsafe_path", {"change": rename("/etc/evil")}),
    ("unsafe_path", {"change": rename("C:evil")}),
    ("unsafe_path", {"change": rename("a\\..\\evil")}),
    ("unsafe_path", {"change": rename("CON")}),
    ("unsafe_path", {"change": rename("Config.json")}),
    ("unsafe_path", {"change": rename("nested")}),
    ("unsafe_path", {"change": lambda m, _p: m["models"][0].update(repo="../evil")}),
    ("unsafe_path", {"change": lambda m, _p: m["models"][0].update(revision="../../x")}),
    ("unsafe_path", {"change": lambda m, _p: m["decisions"][0].update(path="../x.petit.json")}),
    ("pickled", {"change": rename("pytorch_model.bin")}),
    ("pickled", {"change": rename("modeling_evil.py")}),
    ("link", {"more": link_in}),
    ("packed", {"packing": zipfile.ZIP_DEFLATED}),
    ("unlisted", {"more": add(f"blobs/{'0' * 64}")}),
    ("missing_file", {"change": lambda _m, p: p.popitem()}),
    ("damaged", {"change": lambda _m, p: p.update({k: b"?" + v[1:] for k, v in p.items()})}),
    ("damaged", {"change": lambda _m, p: p.update({k: v + b"?" for k, v in p.items()})}),
    ("newer", {"change": lambda m, _p: m.update(version=2)}),
    ("version", {"change": lambda m, _p: m.update(version="1")}),
    ("bundle_format", {"change": lambda m, _p: m.update(format="zip")}),
    ("shape", {"change": lambda m, _p: m.update(models=[])}),
    ("shape", {"change": lambda m, _p: m.update(models=m["models"] * 2)}),
    ("shape", {"change": lambda m, _p: first(m).update(size=-1)}),
    ("shape", {"change": lambda m, _p: first(m).update(sha256="../../evil")}),
    ("shape", {"change": lambda m, _p: m["models"][0].pop("files")}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "how"), HOSTILE)
def test_nothing_of_a_hostile_or_damaged_bundle_is_written(
    reason: str, how: dict[str, Any], desk: BundleDesk, bundle: Path, tmp_path: Path
) -> None:
    repacked(bundle, **how)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BundleUnreadable) as caught:
        desk.import_bundle(bundle)
    assert caught.value.facts["reason"] == reason
    assert (written(), decisions(desk)) == ([], [])
    assert sorted(tmp_path.rglob("*")) == before
    for language in ("en", "fr"):
        message, hint = Wording(language).error(caught.value.code, caught.value.facts)
        assert Wording(language).has(f"why.{reason}")
        assert "…" not in message
        assert hint


def test_one_name_twice_is_refused(desk: BundleDesk, bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        name = archive.namelist()[-1]
    with pytest.warns(UserWarning, match="Duplicate"):
        repacked(bundle, more=add(name))
    with pytest.raises(BundleUnreadable) as caught:
        desk.import_bundle(bundle)
    assert caught.value.facts["reason"] == "twice"


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all" * 99, b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_bundle_is_refused(content: bytes, desk: BundleDesk, tmp_path: Path) -> None:
    path = tmp_path / "x.petit-bundle"
    path.write_bytes(content)
    with pytest.raises(BundleUnreadable):
        desk.import_bundle(path)
    with pytest.raises(BundleUnreadable):
        desk.import_bundle(tmp_path / "none")


def test_a_bundle_cut_short_or_with_a_flipped_bit_is_refused(
    desk: BundleDesk, bundle: Path
) -> None:
    whole = bundle.read_bytes()
    for place in range(0, len(whole), len(whole) // 23):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        for content in (whole[:place], bytes(changed)):
            bundle.write_bytes(content)
            with contextlib.suppress(BundleUnreadable):
                desk.import_bundle(bundle)
                # A bit that says nothing, such as a date: then everything came whole.
                folder = hub_cache() / f"models--bank--tiny/snapshots/{SHA}"
                assert (folder / "model.safetensors").read_bytes() == WEIGHTS
                desk.remove(f"bank/tiny@{SHA}")
            assert not [name for name in written() if "blobs/" in name]


def test_a_decision_in_it_must_be_whole_and_pin_what_is_in_it(
    desk: BundleDesk, bundle: Path, contestant: Contestant
) -> None:
    def edited(manifest: dict[str, Any], parts: Parts) -> None:
        name = manifest["decisions"][0]["path"]
        parts[name] = parts[name].replace(b"accuracy", b"accurasy")
        digest = hashlib.sha256(parts[name]).hexdigest()
        manifest["decisions"][0].update(sha256=digest, size=len(parts[name]))

    original = bundle.read_bytes()
    repacked(bundle, edited)
    with pytest.raises(BundleUnreadable) as caught:
        desk.import_bundle(bundle)
    assert caught.value.facts["reason"] == "edited"
    bundle.write_bytes(original)
    bundle.unlink()
    other = replace(contestant, files=(("model.safetensors", "f" * 64, 5),))
    write_bundle([(contestant, document_of(other))], bundle, quiet, never)
    with pytest.raises(BundleUnreadable) as caught:
        desk.import_bundle(bundle)
    assert caught.value.facts["reason"] == "contestant"
    assert (written(), decisions(desk)) == ([], [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)
MODELS = st.fixed_dictionaries(
    {
        "format": st.just("petit.bundle"),
        "version": st.just(1),
        "decisions": st.just([]) | JSON,
        "models": st.lists(
            st.fixed_dictionaries(
                {
                    "repo": st.sampled_from(["a/b", "../b", "a/b/c", ""]) | JSON,
                    "revision": st.just(SHA) | JSON,
                    "files": st.lists(
                        st.fixed_dictionaries(
                            {
                                "path": st.text("ab./\\A:", max_size=8) | JSON,
                                "sha256": st.just("0" * 64) | JSON,
                                "size": st.integers(-1, 2) | JSON,
                            }
                        ),
                        max_size=3,
                    ),
                }
            ),
            max_size=2,
        ),
    }
)


@given(JSON | MODELS)
def test_any_manifest_is_refused_or_stays_inside(data: Any) -> None:
    try:
        found = manifest_from_json(data, "x")
    except BundleUnreadable:
        return
    assert isinstance(found, Manifest)
    for model in found.models:
        for file in model.files:
            inside = (Path("/cache") / file.path).resolve()
            assert inside.is_relative_to("/cache")
            assert inside != Path("/cache")
    assert manifest_from_json(found.to_json(), "x") == found
