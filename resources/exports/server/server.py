#!/usr/bin/env python3
"""Serves the pinned model over HTTP: texts in, answers out, many callers at once.

    python server.py --host 127.0.0.1 --port 8000

POST /predict   {"texts": ["…"]}  ->  {"answers": [...], "model": "…"}
GET  /health    200 once the model is loaded, 503 before
GET  /metrics   counters and times for Prometheus
GET  /docs      the interface, described (OpenAPI)
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pydantic import BaseModel, Field

from predict import predict, settings

MAX_TEXTS = 64
"""Texts in one request."""
MAX_SIGNS = 20_000
"""Signs in one text."""
BATCH = 64
WAIT_S = float(os.environ.get("BATCH_WAIT_MS", "4")) / 1000
"""How long a request waits for others to share a batch."""
QUEUE = 512
"""Texts that may wait; beyond, callers get 503 and may try again."""

REQUESTS = Counter("petit_requests_total", "Requests to /predict", ["status"])
TEXTS = Counter("petit_texts_total", "Texts answered")
SECONDS = Histogram("petit_request_seconds", "Seconds for a request to /predict")
BATCHES = Histogram("petit_batch_texts", "Texts in a batch", buckets=(1, 2, 4, 8, 16, 32, 64))

Text = Annotated[str, Field(max_length=MAX_SIGNS)]


class Request(BaseModel):
    """What is asked."""

    texts: Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]


class Answers(BaseModel):
    """One answer for each text, in order."""

    answers: list[dict[str, Any]]
    model: str


class Batcher:
    """Collects texts of several callers for a moment and answers them together, in one thread."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, asyncio.Future[dict[str, Any]]]] = []
        self.arrived = asyncio.Event()
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.ready = False

    async def run(self) -> None:
        """Load the model, then answer until cancelled."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.thread, predict, [])
        self.ready = True
        while True:
            await self.arrived.wait()
            await asyncio.sleep(WAIT_S)
            batch, self.waiting = self.waiting[:BATCH], self.waiting[BATCH:]
            if not self.waiting:
                self.arrived.clear()
            batch = [(text, future) for text, future in batch if not future.done()]
            if not batch:
                continue
            BATCHES.observe(len(batch))
            try:
                found = await loop.run_in_executor(self.thread, predict, [text for text, _ in batch])
            except Exception as error:
                await self._one_by_one(batch, error)
                continue
            for (_, future), answer in zip(batch, found):
                if not future.done():
                    future.set_result(answer)

    async def _one_by_one(
        self, batch: list[tuple[str, asyncio.Future[dict[str, Any]]]], error: Exception
    ) -> None:
        """A text that the model refuses must not fail those of others."""
        loop = asyncio.get_running_loop()
        for text, future in batch:
            try:
                if len(batch) == 1:
                    raise error
                (answer,) = await loop.run_in_executor(self.thread, predict, [text])
            except Exception as its_own:
                if not future.done():
                    future.set_exception(its_own)
            else:
                if not future.done():
                    future.set_result(answer)

    async def answer(self, texts: list[str]) -> list[dict[str, Any]]:
        """Wait for the answers to all texts."""
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in texts]
        self.waiting += zip(texts, futures)
        self.arrived.set()
        return list(await asyncio.gather(*futures))


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    app.state.batcher = Batcher()
    work = asyncio.create_task(app.state.batcher.run())
    try:
        yield
    finally:
        work.cancel()
        app.state.batcher.thread.shutdown(wait=False, cancel_futures=True)


app = FastAPI(title="One small model", version="1", lifespan=_life)


@app.post("/predict")
async def answers(request: Request) -> Answers:
    """The model's answer to each text."""
    batcher: Batcher = app.state.batcher
    start = time.monotonic()
    if not batcher.ready or len(batcher.waiting) + len(request.texts) > QUEUE:
        REQUESTS.labels("busy").inc()
        raise HTTPException(503, "not ready, try again", headers={"Retry-After": "1"})
    try:
        found = await batcher.answer(request.texts)
    except ValueError as error:
        REQUESTS.labels("refused").inc()
        raise HTTPException(422, str(error)[:300]) from error
    except Exception as error:
        REQUESTS.labels("failed").inc()
        raise HTTPException(500, "the model failed") from error
    REQUESTS.labels("ok").inc()
    TEXTS.inc(len(found))
    SECONDS.observe(time.monotonic() - start)
    return Answers(answers=found, model=settings()["ref"])


@app.get("/health")
async def health(response: Response) -> dict[str, str]:
    """Whether the model is loaded."""
    ready = app.state.batcher.ready
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "loading", "model": settings()["ref"]}


@app.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def main() -> None:
    """Listen; on loopback unless told otherwise."""
    import uvicorn

    parser = argparse.ArgumentParser(description="Serve the pinned model over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    uvicorn.run(app, host=options.host, port=options.port, access_log=False)


if __name__ == "__main__":
    main()
