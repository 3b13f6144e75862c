"""The Hub's own origin: its API, and the way on to the files."""

import re
from urllib.parse import parse_qs, quote, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import RateLimit, answer_json, error, request_id
from .files import Files
from .listing import BadQuery, cut, expanded, flag, list_models
from .refusals import closed, gate, missing_entry, missing_revision
from .settings import Settings
from .store import Published, Record, Store
from .trees import Trees, commits, refs
from .weights import INDEX, sharded_metadata


def query_of(request: Request) -> dict[str, list[str]]:
    """The query with all values of each name."""
    return parse_qs(request.url.query, keep_blank_values=True)


def token_of(request: Request) -> str | None:
    """The bearer token, if one was sent."""
    match = re.fullmatch(r"[Bb]earer\s+(\S+)", request.headers.get("authorization", ""))
    return match[1] if match else None


class Hub:
    """The API's origin."""

    def __init__(self, store: Store, settings: Settings, files: Files, endpoint: str) -> None:
        self._store = store
        self._settings = settings
        self._files = files
        self._endpoint = endpoint
        self._limits = RateLimit()

    def application(self) -> Starlette:
        """The routes: everything hangs on the raw path, where a quoted slash is still quoted."""
        return Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode("ascii")
        segments = [unquote(segment) for segment in raw.strip("/").split("/")]
        api = segments[0] == "api" and segments[1:2] != ["resolve-cache"]
        try:
            response = await self._api(request, segments[1:]) if api else None
            response = response or self._files.answer(request, segments, token_of(request))
        except BadQuery as problem:
            response = error(400, str(problem))
        response = response or error(404, "Sorry, we can't find the page you are looking for.")
        said = {**self._limits.headers("api" if api else "resolvers"), "X-Request-Id": request_id()}
        response.headers.update(said)
        return response

    async def _api(self, request: Request, segments: list[str]) -> Response | None:
        token = token_of(request)
        if segments == ["agent-harnesses"]:
            return answer_json({"standardEnvVars": [], "harnesses": {}})
        if segments == ["whoami-v2"]:
            if not self._store.knows(token):
                return error(401, "Invalid username or password.")
            return answer_json({"type": "user", "name": "loopback", "orgs": [], "auth": {}})
        if segments == ["models"]:
            query = query_of(request)
            page = list_models(self._store.visible(token), query, self._settings.page_size)
            return answer_json(page.items, self._next(request, page.next_query))
        if segments[:1] != ["models"]:
            return None
        address = self._store.locate(segments[1:])
        if address.renamed_to is not None:
            rest = "".join(f"/{quote(segment, safe='')}" for segment in address.rest)
            moved = f"/api/models/{address.renamed_to}{rest}"
            return Response(status_code=307, headers={"Location": moved})
        problem = closed(self._store, address, token)
        if problem is not None or address.published is None:
            return problem
        return await self._repository(request, address.published, address.rest)

    async def _repository(
        self, request: Request, published: Published, rest: list[str]
    ) -> Response | None:
        repository = published.repository
        verb = rest[0] if rest else ""
        if verb == "auth-check":
            return gate(self._store, published, token_of(request)) or Response(status_code=200)
        if verb == "refs":
            wanted = flag(query_of(request), "include_prs")
            return answer_json(refs(published, pull_requests=wanted))
        if verb == "safetensors-metadata":
            name = "/".join(rest[1:]) or INDEX
            headers = sharded_metadata(published.main, name)
            return answer_json(headers) if headers else missing_entry(name, "main")
        if verb not in ("", "revision", "tree", "paths-info", "commits"):
            return None
        revision = rest[1] if len(rest) > 1 else "main"
        snapshot = published.at(revision)
        if snapshot is None:
            return missing_revision(revision)
        if verb == "commits":
            return answer_json(commits(repository, snapshot))
        trees = Trees(repository, snapshot, storage_hash=self._settings.announce_xet)
        if verb == "paths-info":
            form = parse_qs((await request.body()).decode())
            return answer_json(trees.rows(form.get("paths", []), expand=flag(form, "expand")))
        if verb == "tree":
            return self._tree(request, trees, revision, "/".join(rest[2:]))
        return answer_json(self._info(request, Record(repository, snapshot)))

    def _info(self, request: Request, record: Record) -> dict[str, object]:
        query = query_of(request)
        if keys := expanded(query):
            return record.pick(["_id", "id", *keys])
        seldom = {"trendingScore", "downloadsAllTime", "childrenModelCount", "evalResults"}
        keys = ["_id", "id", "sha", *(key for key in record.values if key not in seldom)]
        shown = record.pick(dict.fromkeys(keys))
        if flag(query, "blobs"):
            shown["siblings"] = record.siblings_with_blobs()
        if flag(query, "securityStatus"):
            shown["securityRepoStatus"] = record.security()
        return shown

    def _tree(self, request: Request, trees: Trees, revision: str, folder: str) -> Response:
        query = query_of(request)
        expand = flag(query, "expand")
        rows = trees.listing(folder, recursive=flag(query, "recursive"), expand=expand)
        if rows is None:
            return missing_entry(folder, revision)
        settings = self._settings
        size = settings.expanded_tree_page_size if expand else settings.tree_page_size
        page, next_query = cut(rows, query, size, lambda row: str(row["path"]))
        return answer_json(page, self._next(request, next_query))

    def _next(self, request: Request, query: str | None) -> dict[str, str]:
        if query is None:
            return {}
        path = request.scope["raw_path"].decode("ascii")
        return {"Link": f'<{self._endpoint}{path}?{query}>; rel="next"'}
