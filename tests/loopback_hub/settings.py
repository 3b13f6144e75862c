"""How the loopback Hub behaves where the real one has a constant or a mood."""

from dataclasses import dataclass


@dataclass
class Settings:
    """A test may change these while the server runs."""

    page_size: int = 1000
    tree_page_size: int = 1000
    expanded_tree_page_size: int = 50
    gzip_small_files: bool = True
    # Say that LFS files can also be had over Xet, as the real Hub does for all of them. There is
    # no Xet server here: a client that has not turned Xet off will fail.
    announce_xet: bool = False
    link_lifetime: float = 3600.0  # seconds for which the CDN honours a signed address
