# SPDX-License-Identifier: Apache-2.0
"""Recordings: read with limits, heard piece by piece, each bad file named with its reason."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from selector import registry
from selector.errors import UnsupportedModel
from selector.input_errors import InputUnusable
from selector.tasks.audio_reading import read_audio
from selector.tasks.base import TaskRunner
from selector.tasks.items import Items
from selector.tasks.outputs import Failed, Finished, Text
from selector.tasks.torch_speech import TorchSpeech
from tests.tiny_models import make_listener, make_speech
from tests.tiny_tasks import SOUNDS

GOOD = [str(SOUNDS / "tone.wav"), str(SOUNDS / "chord.flac")]
RATE = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_speech(tmp_path_factory.mktemp("speech") / "tiny")


@pytest.fixture(scope="module")
def runner(folder: Path) -> TaskRunner:
    return registry.task("automatic-speech-recognition").load_torch(folder, {"threads": 1})


def test_each_bad_file_is_named_with_its_reason_and_the_others_go_on(
    runner: TaskRunner, tmp_path: Path
) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.mp3").write_text("no sound at all")
    whole = (SOUNDS / "chord.flac").read_bytes()
    (tmp_path / "head.flac").write_bytes(whole[:30])
    odd = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, 1, 0, 0, 2, 16)
    (tmp_path / "no_rate.wav").write_bytes(odd + b"data" + struct.pack("<I", 0))
    soundfile.write(tmp_path / "silent.wav", np.zeros(0, np.float32), RATE)
    reasons = {
        "empty.wav": "input.empty",
        "text.mp3": "input.no_audio",
        "head.flac": "input.no_audio",
        "no_rate.wav": "input.no_audio",
        "silent.wav": "input.no_audio",
        "missing.wav": "input.no_file",
    }
    paths = [GOOD[0], *(str(tmp_path / name) for name in reasons), GOOD[1]]
    found = {x.index: x for x in Items(runner, "audio").run(paths, {}, lambda: False)}
    assert isinstance(found[0], Finished)
    assert isinstance(found[len(paths) - 1], Finished)
    for index, (name, reason) in enumerate(reasons.items(), 1):
        event = found[index]
        assert isinstance(event, Failed), name
        assert isinstance(event.error, InputUnusable)
        assert event.error.facts["reason"] == reason, name


def test_a_recording_of_many_hours_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(200 * 8000, np.float32), 8000)
    monkeypatch.setattr("selector.tasks.audio_reading.MAX_SECONDS", 100)
    with pytest.raises(InputUnusable) as caught:
        read_audio(3, str(path), RATE)
    assert caught.value.facts["reason"] == "input.audio_too_long"
    assert caught.value.facts["index"] == 3


def test_every_recording_becomes_one_channel_at_the_models_rate(tmp_path: Path) -> None:
    seconds = np.arange(44_100) / 44_100
    tone = np.sin(2 * np.pi * 200 * seconds)
    soundfile.write(tmp_path / "two.wav", np.stack([tone, tone], axis=1), 44_100)
    samples = read_audio(0, str(tmp_path / "two.wav"), RATE)
    assert samples.shape == (RATE,)
    expected = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)
    assert np.abs(samples[500:-500] - expected[500:-500]).max() < 0.01


def test_a_long_recording_says_what_its_parts_say(folder: Path) -> None:
    speech = TorchSpeech(folder, {"threads": 1})
    rng = np.random.default_rng(0)
    samples = rng.normal(size=RATE * 50).astype(np.float32)
    text, moments = speech.hear(samples, lambda: False)
    assert text
    # One moment every 320 samples, none twice, none left out but at the very ends.
    assert moments == pytest.approx(len(samples) / 320, abs=6)


def test_a_model_that_writes_hears_pieces_one_after_another(tmp_path: Path) -> None:
    folder = make_listener(tmp_path / "whisper")
    speech = TorchSpeech(folder, {"threads": 1})
    rng = np.random.default_rng(1)
    samples = rng.normal(size=RATE * 35).astype(np.float32)
    text, tokens = speech.hear(samples, lambda: False)
    first, some = speech.hear(samples[: RATE * 30], lambda: False)
    assert first
    assert text.startswith(first)
    assert tokens > some > 0
    events = list(
        registry.task("automatic-speech-recognition")
        .load_torch(folder, {"threads": 1})
        .run(GOOD, {}, lambda: False)
    )
    assert all(isinstance(x, Finished) and isinstance(x.output, Text) for x in events)


def test_a_model_without_the_head_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    weights = load_file(copy / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("lm_head.")}
    save_file(kept, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel) as caught:
        registry.task("automatic-speech-recognition").load_torch(copy, {"repo": "t/m"})
    assert caught.value.facts["reason"] == "risk.no_head"


def test_cancelling_ends_it_early(runner: TaskRunner) -> None:
    assert list(runner.run(GOOD, {}, lambda: True)) == []
