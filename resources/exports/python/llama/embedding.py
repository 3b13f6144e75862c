"""Texts to vectors of length one; llama.cpp pools as the file says."""

from __future__ import annotations

from pathlib import Path

from model_loading import Server, TooLong, raise_for, settings_of, shortened


class Embedder:
    """An embedding model in a GGUF file."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.server = Server(folder, embedding=True)
        self.prompt = str(settings_of(folder)["prompt"])

    def vectors(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text; the end of one that is too long is not read."""
        return [self._vector(self.prompt + text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        while True:
            try:
                answer = self.server.server.handle_embeddings({"input": [text]})
                raise_for(answer)
            except TooLong as error:
                room = self.server.grow(error.tokens)
                if error.tokens > room:
                    text = shortened(text, error.tokens, room)
                continue
            return [float(value) for value in answer["data"][0]["embedding"]]
