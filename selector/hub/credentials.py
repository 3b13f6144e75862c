# SPDX-License-Identifier: Apache-2.0
"""The user's token: where Petit keeps it, and where else it may be. It is never logged or shown.

In order: ``HF_TOKEN``, the keyring of the system (only when Petit has put one there), the file that
``hf auth login`` writes. The keyring is asked on a thread of its own: it may want to be unlocked, and
no search waits for that.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from selector.errors import BadSetting, TokenNotKept
from selector.hub.environment import environment_token, is_hugging_face
from selector.log import hide
from selector.paths import hf_home

SERVICE = "petit"
_PATIENCE_S = 5.0
_LONGEST = 500


def clean_token(token: str) -> str:
    """A token as it may stand in a header. Raises BadSetting, without the token."""
    token = token.strip()
    if not token or len(token) > _LONGEST or not token.isascii() or not token.isprintable():
        raise BadSetting(setting="token", value="…", allowed="hf_…")
    if " " in token:
        raise BadSetting(setting="token", value="…", allowed="hf_…")
    return token


def has_keyring() -> bool:
    """Whether this system has a keyring that can be used."""
    try:
        import keyring
        from keyring.backends import fail, null

        backend = keyring.get_keyring()
        return not isinstance(backend, (fail.Keyring, null.Keyring)) and backend.priority > 0
    except Exception:  # noqa: BLE001 - backends raise whatever they like; then there is none
        return False


def keyring_token(endpoint: str) -> str | None:
    """What Petit has put into the keyring for this Hub; None also when it does not answer in time."""
    found: list[str | None] = []

    def ask() -> None:
        with suppress(Exception):
            import keyring

            found.append(keyring.get_password(SERVICE, endpoint))

    thread = threading.Thread(target=ask, daemon=True, name="keyring")
    thread.start()
    thread.join(_PATIENCE_S)
    token = found[0] if found else None
    if token:
        hide(token)
    return token or None


def token_file() -> Path:
    """The file that huggingface_hub and its ``hf auth login`` use."""
    given = os.environ.get("HF_TOKEN_PATH")
    return Path(given).expanduser() if given else hf_home() / "token"


def keep_token(token: str, endpoint: str) -> str:
    """Keep a token for ``endpoint``; gives where: ``keyring`` or ``file``.

    Without a keyring it goes to huggingface_hub's own file, readable for this user only; a token of
    somebody else's in that file is left alone.

    Raises BadSetting, TokenNotKept.
    """
    token = clean_token(token)
    hide(token)
    if has_keyring():
        try:
            import keyring

            keyring.set_password(SERVICE, endpoint, token)
            return "keyring"
        except Exception:  # noqa: BLE001 - locked, refused, gone: the file is left
            pass
    if not is_hugging_face(endpoint):
        raise TokenNotKept(reason="token.other_hub")
    path = token_file()
    with suppress(OSError):
        if path.read_text(encoding="utf-8").strip() not in {"", token}:
            raise TokenNotKept(reason="token.other_file", path=str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(token)
    except OSError as error:
        raise TokenNotKept(reason=error.strerror or "", path=str(path)) from None
    return "file"


def forget_token(endpoint: str) -> None:
    """Take Petit's token out of the keyring; the file belongs to ``hf auth``."""
    with suppress(Exception):
        import keyring

        keyring.delete_password(SERVICE, endpoint)


def token_source(endpoint: str, *, in_keyring: bool) -> str:
    """Where the token for ``endpoint`` comes from: ``environment``, ``keyring``, ``file`` or ``none``."""
    if environment_token() is not None:
        return "environment"
    if in_keyring and keyring_token(endpoint):
        return "keyring"
    if is_hugging_face(endpoint) and token_file().is_file():
        return "file"
    return "none"
