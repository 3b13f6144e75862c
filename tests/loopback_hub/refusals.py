"""The refusals of the Hub, with the codes that tell its client what to raise."""

from starlette.responses import Response

from .answers import error
from .store import Address, Published, Store


def closed(store: Store, address: Address, token: str | None) -> Response | None:
    """A missing repository, one that is private to others, or a disabled one."""
    published = address.published
    if published is None or not store.may_see(published, token):
        if store.knows(token):
            return error(404, "Repository not found", "RepoNotFound")
        return error(401, "Invalid username or password.", "RepoNotFound")
    if published.repository.disabled:
        return error(403, "Access to this resource is disabled.")
    return None


def gate(store: Store, published: Published, token: str | None) -> Response | None:
    """A gated repository whose conditions this token's owner has not accepted."""
    access = store.access(published, token)
    if access == "granted":
        return None
    name = published.repository.id
    if access == "unauthenticated":
        said = f"Access to model {name} is restricted. You must be authenticated to access it."
        return error(401, said, "GatedRepo")
    said = f"Access to model {name} is restricted and you are not in the authorized list."
    return error(403, said, "GatedRepo")


def missing_revision(revision: str) -> Response:
    """No branch, tag or commit of this name."""
    return error(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def missing_entry(name: str, revision: str, sha: str | None = None) -> Response:
    """No file or folder of this name; with the commit, clients may remember that."""
    headers = {"X-Repo-Commit": sha} if sha else {}
    return error(404, f'{name} does not exist on "{revision}"', "EntryNotFound", headers)
