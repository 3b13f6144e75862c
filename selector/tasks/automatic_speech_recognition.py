# SPDX-License-Identifier: Apache-2.0
"""Automatic speech recognition: a recording in, what is said out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import Cancelled
from selector.input_errors import InputUnusable
from selector.tasks.audio_reading import read_audio
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Text
from selector.tasks.torch_speech import TorchSpeech


class SpeechRunner:
    """A speech model; recordings of any length are heard piece by piece."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchSpeech) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner; inputs are paths of files."""
        for index, path in enumerate(inputs):
            if cancelled():
                return
            try:
                samples = read_audio(index, path, self._model.rate)
                text, tokens = self._model.hear(samples, cancelled)
            except InputUnusable as error:
                yield Failed(index, error)
            except Cancelled:
                return
            else:
                yield Finished(index, Text(text, tokens))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return SpeechRunner(TorchSpeech(folder, options))


TASK = Task(
    id="automatic-speech-recognition",
    modality="audio",
    title={"en": "Write down recorded speech", "fr": "Transcrire des enregistrements"},
    purpose={
        "en": "A recording goes in, its words come out as text: calls, meetings, interviews, dictation.",
        "fr": "Un enregistrement entre, ses paroles ressortent en texte : appels, réunions, entretiens, dictées.",
    },
    words={
        "en": (
            "transcribe", "transcription", "transcript", "speech", "spoken", "voice", "audio", "recording", "recordings",
            "dictation", "listen", "phone", "podcast", "interview", "sound", "microphone",
        ),
        "fr": (
            "transcrire", "transcription", "parole", "parlé", "voix", "vocal", "audio", "enregistrement", "enregistrements",
            "dictée", "écouter", "téléphone", "podcast", "entretien", "son", "micro",
        ),
    },
    input_kind="audio",
    output_kind="text",
    hub_tags=("automatic-speech-recognition",),
    sample_inputs={"en": (), "fr": ()},
    metrics=("word-accuracy", "character-accuracy"),
    load_torch=_load,
)  # fmt: skip
