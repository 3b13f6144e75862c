"""The addresses that files are read from: resolve, resolve-cache, and the CDN behind them."""

import time
import uuid
from mimetypes import guess_type
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import FileAnswer, GzipAnswer, error, request_id
from .contents import Snapshot, StoredFile, looks_like_commit
from .refusals import closed, gate, missing_entry, missing_revision
from .settings import Settings
from .store import Published, Store


class Files:
    """Hands out small files itself and sends for large ones to the CDN."""

    def __init__(self, store: Store, settings: Settings, endpoint: str, cdn: str) -> None:
        self._store = store
        self._settings = settings
        self._endpoint = endpoint
        self._cdn = cdn
        self._signed: dict[str, tuple[StoredFile, float]] = {}

    def answer(self, request: Request, segments: list[str], token: str | None) -> Response | None:
        """The answer to an address outside the API; None where it is not a file's."""
        cached = segments[:3] == ["api", "resolve-cache", "models"]
        address = self._store.locate(segments[3:] if cached else segments)
        rest = address.rest
        if not cached:
            if rest[:1] not in (["resolve"], ["raw"]):
                return None
            rest = rest[1:]
        if len(rest) < 2:
            return None
        revision, name = rest[0], "/".join(rest[1:])
        if address.renamed_to is not None:
            path = f"/{address.renamed_to}/resolve/{quote(revision, safe='')}/{quote(name)}"
            return Response(status_code=307, headers={"Location": path})
        problem = closed(self._store, address, token)
        if problem is not None or address.published is None:
            return problem
        published = address.published
        if refusal := gate(self._store, published, token):
            return refusal
        if cached and not looks_like_commit(revision):
            return error(400, f"Invalid commit: {revision}")
        snapshot = published.at(revision)
        if snapshot is None:
            return missing_revision(revision)
        file = snapshot.files.get(name)
        if file is None:
            return missing_entry(name, revision, snapshot.sha)
        if cached:
            return self._small(request, snapshot, file)
        if file.lfs:
            return self._to_cdn(published, snapshot, file)
        return self._to_cache(published, snapshot, file, revision)

    def _to_cache(
        self, published: Published, snapshot: Snapshot, file: StoredFile, revision: str
    ) -> Response:
        repository_id = published.repository.id
        asked = quote(f"/{repository_id}/resolve/{revision}/{file.name}", safe="")
        path = f"/api/resolve-cache/models/{repository_id}/{snapshot.sha}/{quote(file.name)}"
        headers = {
            **_linked(snapshot, file),
            "Location": f"{path}?{asked}=&etag=%22{file.etag}%22",
            "X-Linked-Size": str(file.size),
        }
        return Response(f"Temporary Redirect. Redirecting to {path}", 307, headers=headers)

    def _to_cdn(self, published: Published, snapshot: Snapshot, file: StoredFile) -> Response:
        signature = uuid.uuid4().hex
        expires = time.time() + self._settings.link_lifetime
        self._signed[signature] = (file, expires)
        query = urlencode({"Expires": int(expires), "Signature": signature, "Key-Pair-Id": "LOOP"})
        place = f"{published.repository.object_id}/{file.storage_hash}"
        headers = {
            **_linked(snapshot, file),
            "Location": f"{self._cdn}/xet-bridge/{place}?{query}",
            "X-Linked-Size": str(file.size),
            "Accept-Ranges": "bytes",
        }
        if self._settings.announce_xet:
            route = f"/api/models/{published.repository.id}/xet-read-token/{snapshot.sha}"
            headers["X-Xet-Hash"] = file.storage_hash
            headers["Link"] = f'<{self._endpoint}{route}>; rel="xet-auth"'
        return Response("Found. Redirecting to the CDN", 302, headers=headers)

    def _small(self, request: Request, snapshot: Snapshot, file: StoredFile) -> Response:
        headers = {
            "X-Repo-Commit": snapshot.sha,
            "ETag": f'"{file.etag}"',
            "Content-Type": guess_type(file.name)[0] or "text/plain; charset=utf-8",
            **_disposition(file),
        }
        packs = "gzip" in request.headers.get("accept-encoding", "")
        whole = request.method == "GET" and "range" not in request.headers
        if self._settings.gzip_small_files and packs and whole and file.size:
            return GzipAnswer(file.path.read_bytes(), {**headers, "ETag": f'W/"{file.etag}"'})
        return FileAnswer(file.path, file.size, headers)

    def cdn(self) -> Starlette:
        """The application of the CDN's origin."""
        return Starlette(routes=[Route("/{rest:path}", self._from_cdn)])

    async def _from_cdn(self, request: Request) -> Response:
        found = self._signed.get(request.query_params.get("Signature", ""))
        if found is None or not request.url.path.endswith(found[0].storage_hash):
            return _denied("Missing or wrong signature")
        file, expires = found
        if time.time() > expires:
            return _denied("Request has expired")
        headers = {
            "ETag": f'"{file.storage_hash}"',
            "Content-Type": "application/octet-stream",
            "X-Request-Id": request_id(),
            **_disposition(file),
        }
        return FileAnswer(file.path, file.size, headers)


def _linked(snapshot: Snapshot, file: StoredFile) -> dict[str, str]:
    return {"X-Repo-Commit": snapshot.sha, "X-Linked-ETag": f'"{file.etag}"'}


def _disposition(file: StoredFile) -> dict[str, str]:
    name = quote(file.path.name)
    return {"Content-Disposition": f"inline; filename*=UTF-8''{name}; filename=\"{name}\";"}


def _denied(message: str) -> Response:
    body = (
        f'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>{message}</Message></Error>'
    )
    return Response(body, 403, media_type="application/xml")
