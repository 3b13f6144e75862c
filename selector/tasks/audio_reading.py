# SPDX-License-Identifier: Apache-2.0
"""Reads sound in workers: counted while it comes, so that no file can fill the memory."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from selector.input_errors import InputUnusable
from selector.tasks.audio import unusable_audio

MAX_SECONDS = 2 * 3600
"""Two hours: 460 MB of memory at the 16 kHz that models want."""
MAX_CHANNELS = 32
MAX_RATE = 384_000
_BLOCK_SECONDS = 60


def read_audio(index: int, path: str, rate: int) -> Any:
    """One channel of float32 at ``rate`` a second, the mean of all channels; shape (samples,).

    Raises InputUnusable.
    """
    import numpy as np
    import soundfile  # type: ignore[import-untyped]

    problem = unusable_audio(index, path)
    if problem is not None:
        raise problem
    parts = []
    try:
        with soundfile.SoundFile(str(Path(path))) as file:
            own = int(file.samplerate)
            if not (0 < own <= MAX_RATE and 0 < file.channels <= MAX_CHANNELS):
                raise InputUnusable(index=index, reason="input.no_audio")
            read = 0
            # The length that a file claims may be anything: what comes is counted.
            for block in file.blocks(
                blocksize=own * _BLOCK_SECONDS, dtype="float32", always_2d=True
            ):
                read += len(block)
                if read > MAX_SECONDS * own:
                    raise InputUnusable(
                        index=index, reason="input.audio_too_long", hours=MAX_SECONDS / 3600
                    )
                parts.append(_resampled(block.mean(axis=1), own, rate))
    except InputUnusable:
        raise
    except Exception:  # noqa: BLE001 - libsndfile and the files it reads raise many kinds
        raise InputUnusable(index=index, reason="input.no_audio") from None
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not len(samples) or not np.isfinite(samples).all():
        raise InputUnusable(index=index, reason="input.no_audio")
    return samples


def _resampled(samples: Any, own: int, rate: int) -> Any:
    import numpy as np
    from scipy.signal import resample_poly

    if own == rate:
        return samples
    shared = math.gcd(own, rate)
    return resample_poly(samples, rate // shared, own // shared).astype(np.float32)
