"""A Hugging Face Hub on loopback that the unmodified client takes for the real one.

    with LoopbackHub([Repository("org/name", folder)]) as hub:
        HfApi(endpoint=hub.endpoint, token=False).model_info("org/name")

The client reads some of its settings when it is imported, so they are made here, before that.
"""

import os

os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from .delivery import RecordedRequest
from .faults import Fault, Faults
from .repository import Repository
from .server import LoopbackHub
from .settings import Settings

__all__ = ["Fault", "Faults", "LoopbackHub", "RecordedRequest", "Repository", "Settings"]
