"""What a test says about one repository that the loopback Hub serves."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Gated = Literal[False, "auto", "manual"]


@dataclass(frozen=True)
class Repository:
    """One model repository, served from a real folder.

    `pipeline_tag`, `library_name` and `tags` are worked out from the files, as the Hub does, where
    they are left at None; the `hide_*` switches leave a field out of every answer, which is what
    the Hub does for the many models it knows nothing about.
    """

    id: str
    folder: Path
    gated: Gated = False
    downloads: int = 100
    likes: int = 1
    trending_score: int = 0
    last_modified: str = "2026-02-01T00:00:00.000Z"
    created_at: str = "2025-02-01T00:00:00.000Z"
    pipeline_tag: str | None = None
    library_name: str | None = None
    tags: tuple[str, ...] | None = None  # exactly these, in place of the derived ones
    extra_tags: tuple[str, ...] = ()  # after the derived ones
    private: bool = False
    disabled: bool = False
    hide_pipeline_tag: bool = False
    hide_library_name: bool = False
    hide_safetensors: bool = False
    hide_gguf: bool = False
    # path -> level, for example {"pytorch_model.bin": "unsafe"}
    unsafe_files: Mapping[str, str] = field(default_factory=dict, hash=False)
    scans_done: bool = True
    # More revisions: name -> folder, None for the same files as main. A name such as "v1.0" is
    # listed as a tag, "refs/pr/1" as a pull request, anything else as a branch.
    refs: Mapping[str, Path | None] = field(default_factory=dict, hash=False)
    # Weight files from this size on are LFS files, and so is everything above 1 MB.
    lfs_threshold: int = 10_000

    @property
    def author(self) -> str | None:
        """The organisation or user; the Hub's few canonical models have none."""
        return self.id.partition("/")[0] if "/" in self.id else None

    @property
    def object_id(self) -> str:
        """The database id the Hub adds to every record as `_id`."""
        return hashlib.sha1(self.id.encode()).hexdigest()[:24]
