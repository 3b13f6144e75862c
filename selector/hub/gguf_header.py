# SPDX-License-Identifier: Apache-2.0
"""What the head of a GGUF file on the Hub says of the model, read from as few bytes as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from selector.engines.gguf_files import GgufVariant, bits_of, gguf_variants
from selector.engines.gguf_header import GgufHeader, parse
from selector.errors import HubAnswerBad
from selector.hub import checked

FIRST_BYTES = 64_000
"""Architecture and context come before the vocabulary, and this holds them."""
_MOST_WEIGHTS = 10**15


@dataclass(frozen=True, slots=True)
class GgufSummary:
    """What could be read, of a size that a model may have."""

    architecture: str | None = None
    parameters: int | None = None
    """Counted from the tensors of a model in one file, or stated."""
    context_length: int | None = None
    quantisation: str | None = None


def summary_of(header: GgufHeader) -> GgufSummary:
    """The summary of a head that may end anywhere and may lie."""
    counted = header.parameters if header.complete and header.parts == 1 else 0
    stated = checked.whole(header.values.get("general.parameter_count"))
    return GgufSummary(
        architecture=checked.text(header.architecture or None, 80),
        parameters=(counted if 0 < counted <= _MOST_WEIGHTS else None) or stated or None,
        context_length=checked.whole(header.number("context_length"), 10**9),
        quantisation=header.quantisation,
    )


def parsed(data: bytes) -> GgufHeader:
    """The head, as far as ``data`` goes. Raises HubAnswerBad when it is none."""
    try:
        return parse(data)
    except ValueError as error:
        raise HubAnswerBad(reason="not a GGUF header", detail=str(error)[:200]) from error


def read(part: Callable[[int, int], bytes], limit: int) -> GgufHeader:
    """The head of a remote file, read in growing pieces up to ``limit`` bytes.

    ``part(start, length)`` gives bytes of the file. Raises HubAnswerBad, and what ``part`` raises.
    """
    data = b""
    step = FIRST_BYTES
    while True:
        wanted = min(step, limit - len(data))
        came = part(len(data), wanted)
        data += came
        header = parsed(data)
        if header.complete or len(came) < wanted or len(data) >= limit:
            return header
        step *= 4


def smallest(sizes: Mapping[str, int]) -> tuple[GgufVariant, int] | None:
    """The smallest model in GGUF form among files with their sizes, and its bytes; None without any."""
    found = [
        (sum(sizes[path] for path in variant.paths), variant)
        for variant in gguf_variants(sizes).values()
    ]
    if not found:
        return None
    size, variant = min(found, key=lambda pair: (pair[0], pair[1].paths))
    return variant, size


def weights_from_size(size: int, precision: str) -> int | None:
    """About how many weights a file of ``size`` bytes has; None where its name does not say as what."""
    if not size or precision == "stored":
        return None
    return round(size * 8 / bits_of(precision))
