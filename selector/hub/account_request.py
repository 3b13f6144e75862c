# SPDX-License-Identifier: Apache-2.0
"""What the Hub's worker does with the user's token. The ops are described in service.py."""

from __future__ import annotations

from typing import Any

from selector.hub.credentials import forget_token, has_keyring, keep_token, token_source
from selector.hub.request import Request


class AccountRequest(Request):
    """Nothing here goes over a network, and no answer has a token in it."""

    def account(self) -> dict[str, Any]:
        """See service.py."""
        kept = self.args.get("keyring_for") == self.client.endpoint
        return {
            "source": token_source(self.client.endpoint, in_keyring=kept),
            "keyring": has_keyring(),
            "endpoint": self.client.endpoint,
        }

    def keep_token(self) -> dict[str, Any]:
        """See service.py."""
        place = keep_token(str(self.args.get("token") or ""), self.client.endpoint)
        return {"place": place, "endpoint": self.client.endpoint}

    def forget_token(self) -> dict[str, Any]:
        """See service.py."""
        forget_token(self.client.endpoint)
        return {"endpoint": self.client.endpoint}
