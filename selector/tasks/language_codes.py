# SPDX-License-Identifier: Apache-2.0
"""How families of translation models name a language, found by the tokens that their tokenizers have. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from selector.paths import resources_root

_TABLES: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (resources_root() / "exports" / "python" / "languages.toml").read_text(encoding="utf-8")
)
"""The same file goes into exported projects."""
_FLORES, _MBART = _TABLES["flores"], _TABLES["mbart"]
ENGLISH = _TABLES["english"]
"""English names, as they stand in the requests that T5 was trained on."""
LANGUAGES = tuple(_FLORES)
"""Codes that can be asked for by two letters."""

Known = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """How one model is told the languages: by a token before the text, by the answer's first token, by words."""

    before: str = ""
    """A token, or words, in front of each text."""
    before_is_token: bool = False
    first: str = ""
    """The token that the answer begins with; empty where the model needs none."""


def choice_of(source: str, target: str, known: Known) -> LanguageChoice | None:
    """How a tokenizer that has the tokens ``known`` is told both languages.

    None where it has no token for them: the model knows one pair, or is asked in words.
    M2M-100 says ``__fr__``, NLLB ``fra_Latn``, mBART ``fr_XX``; Marian says ``>>fra<<`` and MADLAD
    ``<2fr>`` in front of the text, for the target alone.
    """
    for name in (_m2m, _flores, _mbart, str):
        if known(name(target)) and known(name(source)) and (name is not str or len(target) > 2):
            return LanguageChoice(name(source), before_is_token=True, first=name(target))
    for token in _before(target):
        if known(token):
            return LanguageChoice(token, before_is_token=True)
    return None


def chooses(known: Known) -> bool:
    """Whether a tokenizer has tokens for languages at all."""
    return any(
        known(token)
        for code in LANGUAGES
        for token in (_m2m(code), _flores(code), _mbart(code), *_before(code))
    )


_LANGUAGE = re.compile(r"__[a-z]{2,3}__|[a-z]{3}_[A-Z][a-z]{3}|[a-z]{2}_[A-Z]{2}")


def is_language(token: str) -> bool:
    """Whether a token looks like the name of a language that stands before a text."""
    return _LANGUAGE.fullmatch(token) is not None


def _before(code: str) -> tuple[str, ...]:
    three = _flores(code).partition("_")[0]
    return f"<2{code}>", f">>{code}<<", f">>{three}<<"


def _m2m(code: str) -> str:
    return f"__{code}__"


def _flores(code: str) -> str:
    return _FLORES.get(code, code)


def _mbart(code: str) -> str:
    return _MBART.get(code, code)
