# SPDX-License-Identifier: Apache-2.0
"""What every page is given: the desk, the words, the theme, and a way to work in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from selector.desk.desk import Desk
from selector.desk.library_desk import ignore
from selector.settings import Settings
from selector.store.projects import Project
from selector.wording import Wording
from ui.background import Background
from ui.download_feed import DownloadFeed
from ui.theme.theme import Theme


@dataclass(slots=True)
class Services:
    """Handed to pages by constructor; there are no singletons."""

    desk: Desk
    wording: Wording
    theme: Theme
    background: Background
    settings: Settings
    project: Project
    """The project shown; pages replace it through ``change_project``."""
    change_project: Callable[[Project], None]
    """Save a new state of the project and tell every page (``show_project``)."""
    go_to: Callable[[int], None]
    """Show step 0 to 4."""
    change_settings: Callable[[Settings], None] = ignore
    """Keep other settings."""
    downloads: DownloadFeed = field(init=False)
    """The queue of downloads."""

    def __post_init__(self) -> None:
        self.downloads = DownloadFeed(self.desk, self.background)
