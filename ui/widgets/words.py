# SPDX-License-Identifier: Apache-2.0
"""The few words the widgets say themselves; everything else comes from the page."""

from __future__ import annotations

from selector.wording import Wording

_WORDS = {
    "details": ("Details", "Détails"),
    "copy": ("Copy", "Copier"),
    "copied": ("Copied", "Copié"),
    "dismiss": ("Close this message", "Fermer ce message"),
    "cancel": ("Cancel", "Annuler"),
    "step": ("Step {n}: {title}", "Étape {n} : {title}"),
    "state.done": ("Done", "Fait"),
    "state.current": ("Shown now", "Affichée"),
    "state.available": ("Open", "Ouverte"),
    "state.blocked": ("Not ready yet", "Pas encore prête"),
    "kind.info": ("Note", "Note"),
    "kind.ok": ("Done", "Fait"),
    "kind.warn": ("Warning", "Attention"),
    "kind.error": ("Error", "Erreur"),
    "memory.fits": ("Fits", "Tient"),
    "memory.tight": ("Only if other programs close", "Seulement si d’autres logiciels se ferment"),
    "memory.too_big": ("Too big", "Trop grand"),
    "memory.free": ("{size} free", "{size} libres"),
    "memory.total": ("{size} in total", "{size} en tout"),
}


def word(wording: Wording, key: str, **facts: str) -> str:
    """The word for ``key`` in the language of ``wording``."""
    english, french = _WORDS[key]
    return (french if wording.language == "fr" else english).format(**facts)
