# SPDX-License-Identifier: Apache-2.0
"""The head of a GGUF file, read from as few bytes as possible, whoever wrote it."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selector.engines.gguf_files import BITS, precision_of
from selector.engines.gguf_header import GgufHeader
from selector.errors import HubAnswerBad
from selector.hub.client import HubClient
from selector.hub.complete import complete, deepen
from selector.hub.facts import facts_from_info
from selector.hub.gguf_header import parsed, read, smallest, summary_of
from tests.hub.conftest import folder
from tests.hub.gguf_files import Pair, gguf, model
from tests.loopback_hub import LoopbackHub, Repository

KEYS = st.text(max_size=12)
SCALARS = st.one_of(
    st.tuples(st.just(4), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(5), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(7), st.booleans()),
    st.tuples(st.just(8), st.text(max_size=20)),
    st.tuples(st.just(10), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(12), st.floats()),
    st.tuples(st.just(9), st.tuples(st.just(8), st.lists(st.text(max_size=5), max_size=5))),
    st.tuples(st.just(9), st.tuples(st.just(2), st.lists(st.integers(0, 65535), max_size=9))),
)
TENSORS = st.lists(
    st.tuples(
        st.text(max_size=8),
        st.lists(st.integers(0, 4000), min_size=1, max_size=4),
        st.sampled_from([0, 1, 12, 14, 99]),
    ),
    max_size=6,
)


def test_a_whole_head_says_what_the_model_is() -> None:
    header = parsed(model(weights=50_000))
    said = summary_of(header)
    assert (said.architecture, said.parameters, header.complete) == ("llama", 50_000, True)
    assert (said.context_length, said.quantisation) == (2048, "Q4_K_M")
    assert (header.number("block_count"), header.number("embedding_length")) == (2, 64)
    assert header.weights_by_type == {"Q4_K": 50_000}


def test_a_long_vocabulary_is_not_fetched_for_what_comes_before_it() -> None:
    data = model(vocabulary=100_000)
    asked: list[int] = []

    def part(start: int, length: int) -> bytes:
        asked.append(length)
        return data[start : start + length]

    header = read(part, 64_000)
    said = summary_of(header)
    assert (said.architecture, said.context_length) == ("llama", 2048)
    assert (header.complete, said.parameters) == (False, None)
    assert sum(asked) == 64_000
    assert read(part, 8_000_000).parameters == 64_000


@settings(deadline=None)
@given(st.dictionaries(KEYS, SCALARS, max_size=8), TENSORS)
def test_what_was_written_is_read(pairs: dict[str, Pair], tensors: list) -> None:  # type: ignore[type-arg]
    header = parsed(gguf(pairs, tensors))
    assert header.complete
    total = 0
    for _, shape, _ in tensors:
        size = 1
        for length in shape:
            size *= length
        total += min(size, 10**15)
    assert sum(header.weights_by_type.values()) == total


@settings(deadline=None)
@given(st.integers(0, 2000), st.integers(0, 60))
def test_a_head_cut_anywhere_is_read_as_far_as_it_goes(cut: int, vocabulary: int) -> None:
    data = model(vocabulary=vocabulary, filler=0)
    header = parsed(data[:cut])
    assert header.complete == (cut >= len(data))
    assert summary_of(header).parameters in {None, 64_000}


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_a_head_or_refused(data: bytes) -> None:
    for made in (data, b"GGUF" + data, b"GGUF\x03\x00\x00\x00" + data):
        try:
            found = parsed(made)
        except HubAnswerBad:
            continue
        assert isinstance(found, GgufHeader)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 1200), st.integers(0, 255))
def test_one_changed_byte_never_breaks_the_reader(place: int, byte: int) -> None:
    data = bytearray(model())
    data[place % len(data)] = byte
    try:
        parsed(bytes(data))
    except HubAnswerBad:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**60),
        b"GGUF" + struct.pack("<IQQQcIIQ", 3, 0, 1, 1, b"k", 9, 8, 2**60),
        b"GGUF" + struct.pack("<IQQQcIIQ", 3, 0, 1, 1, b"k", 9, 13, 1),
        b"GGUF" + struct.pack(">I", 3) + bytes(100),
        b"GGUF" + struct.pack("<I", 1) + bytes(100),
        b"\x80\x04K\x01." * 30,
        gguf({}, [("x", [1] * 9, 0)]),
        gguf({}, [("x", [2**60], 0)]),
    ],
)
def test_a_head_that_claims_the_impossible_is_refused_at_once(data: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(HubAnswerBad):
        parsed(data)
    assert time.monotonic() - began < 1


def test_arrays_within_arrays_end() -> None:
    deep: object = (4, [])
    for _ in range(30):
        deep = (9, [deep])
    with pytest.raises(HubAnswerBad):
        parsed(gguf({"k": (9, deep)}))


def test_a_model_in_pieces_is_not_counted_from_one_of_them() -> None:
    header = parsed(model(more={"split.count": (2, 3)}))
    assert (header.parts, summary_of(header).parameters) == (3, None)


def test_the_main_file_is_a_model_and_all_its_pieces_count() -> None:
    sizes = {
        "mmproj-model-f16.gguf": 1,
        "model-Q8_0.gguf": 900,
        "q4/model-Q4_K_M-00001-of-00002.gguf": 300,
        "q4/model-Q4_K_M-00002-of-00002.gguf": 250,
        "imatrix.gguf": 2,
        "README.md": 1,
    }
    found = smallest(sizes)
    assert found is not None
    assert found[0].paths[0] == "q4/model-Q4_K_M-00001-of-00002.gguf"
    assert found[1] == 550
    assert smallest({"README.md": 3}) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Qwen3-0.6B-Q4_K_M.gguf", "q4_k_m"),
        ("model.q8_0.gguf", "q8_0"),
        ("model-f16.gguf", "f16"),
        ("model-BF16.gguf", "bf16"),
        ("model-IQ4_XS.gguf", "iq4_xs"),
        ("model.gguf", "stored"),
    ],
)
def test_the_quantisation_is_in_the_name(name: str, kind: str) -> None:
    assert precision_of(name) == kind


def test_a_size_comes_from_the_head_or_else_from_the_file(
    hub: LoopbackHub, connect: Callable[..., HubClient], tmp_path: Path
) -> None:
    files: dict[str, bytes | str] = {"small-Q4_K_M.gguf": model(weights=70_000)}
    made = folder(tmp_path / "quant", files, config={}, weights=0)
    cut: dict[str, bytes | str] = {"broken-Q8_0.gguf": b"no head" + bytes(84_993)}
    broken = folder(tmp_path / "broken", cut, config={}, weights=0)
    hub.publish(Repository("org/quant", made, hide_gguf=True))
    hub.publish(Repository("org/broken", broken, hide_gguf=True))
    client = connect(hub.endpoint, timeout_s=2)
    for look in (
        lambda raw: complete(client, facts_from_info(raw)),
        lambda raw: deepen(client, facts_from_info(raw)),
    ):
        quant = look(client.model_info("org/quant"))
        assert (quant.parameters, quant.basis) == (70_000, "header")
        assert quant.config["gguf"]["context_length"] == 2048
        guessed = look(client.model_info("org/broken"))
        assert (guessed.parameters, guessed.basis) == (80_000, "file size")
    assert max(BITS.values()) == 32
