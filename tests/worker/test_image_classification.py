# SPDX-License-Identifier: Apache-2.0
"""Pictures: read with limits, each bad file named with its reason, the others classified."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from selector import registry
from selector.errors import UnsupportedModel
from selector.input_errors import InputUnusable
from selector.tasks.base import TaskRunner
from selector.tasks.images import MAX_BYTES, MAX_PIXELS, read_image
from selector.tasks.items import Items
from selector.tasks.outputs import Failed, Finished, Labels
from tests.tiny_models import make_image_classifier
from tests.tiny_tasks import IMAGES

GOOD = [str(IMAGES / "disc.png"), str(IMAGES / "door.jpg")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_image_classifier(tmp_path_factory.mktemp("images") / "tiny")


@pytest.fixture(scope="module")
def runner(folder: Path) -> TaskRunner:
    return registry.task("image-classification").load_torch(folder, {"threads": 1})


def bomb(path: Path, width: int, height: int) -> Path:
    """A PNG of a few hundred bytes that claims ``width`` by ``height`` points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        both = kind + data
        return struct.pack(">I", len(data)) + both + struct.pack(">I", zlib.crc32(both))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    return path


def bad_files(folder: Path) -> dict[str, str]:
    """Path to the reason that it must get."""
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture at all")
    whole = (IMAGES / "disc.png").read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    (folder / "vector.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "script.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with (folder / "large.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    bomb(folder / "bomb.png", 60_000, 60_000)
    bomb(folder / "wide.png", MAX_PIXELS + 1, 1)
    return {
        str(folder / "empty.png"): "input.empty",
        str(folder / "text.jpg"): "input.no_image",
        str(folder / "half.png"): "input.no_image",
        str(folder / "vector.svg"): "input.no_image",
        str(folder / "script.eps"): "input.no_image",
        str(folder / "large.png"): "input.file_too_large",
        str(folder / "bomb.png"): "input.image_too_large",
        str(folder / "wide.png"): "input.image_too_large",
        str(folder / "missing.png"): "input.no_file",
        str(folder): "input.no_file",
        "a\0b.png": "input.nul",
    }


def test_each_bad_file_is_named_with_its_reason_and_the_others_go_on(
    runner: TaskRunner, tmp_path: Path
) -> None:
    reasons = bad_files(tmp_path)
    paths = [GOOD[0], *reasons, GOOD[1]]
    found = {x.index: x for x in Items(runner, "image").run(paths, {}, lambda: False)}
    assert sorted(found) == list(range(len(paths)))
    assert isinstance(found[0], Finished)
    assert isinstance(found[len(paths) - 1], Finished)
    for index, (path, reason) in enumerate(reasons.items(), 1):
        event = found[index]
        assert isinstance(event, Failed), path
        assert isinstance(event.error, InputUnusable)
        assert event.error.facts["reason"] == reason, path


def test_batches_give_what_single_pictures_give(runner: TaskRunner, tmp_path: Path) -> None:
    many = []
    for number in range(11):  # more than are decoded at once
        copy = tmp_path / f"{number} é.png"
        shutil.copyfile(GOOD[number % 2], copy)
        many.append(str(copy))
    events = {x.index: x for x in runner.run(many, {}, lambda: False)}
    alone = [next(iter(runner.run([path], {}, lambda: False))) for path in GOOD]
    for index in range(11):
        one, other = alone[index % 2], events[index]
        assert isinstance(one, Finished)
        assert isinstance(other, Finished)
        assert isinstance(one.output, Labels)
        assert isinstance(other.output, Labels)
        assert [x.label for x in one.output.labels] == [x.label for x in other.output.labels]
        assert [x.score for x in one.output.labels] == pytest.approx(
            [x.score for x in other.output.labels], abs=1e-5
        )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_is_read_as_colours(mode: str, tmp_path: Path) -> None:
    path = tmp_path / ("x.tif" if mode in {"CMYK", "I;16"} else "x.png")
    Image.new(mode, (9, 7)).save(path)
    assert (read_image(0, str(path)).mode, read_image(0, str(path)).size) == ("RGB", (9, 7))


def test_a_picture_stands_as_its_camera_says(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(path, exif=exif)
    assert read_image(0, str(path)).size == (10, 20)


def test_a_model_without_the_head_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    weights = load_file(copy / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("classifier.")}
    save_file(kept, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel) as caught:
        registry.task("image-classification").load_torch(copy, {"repo": "t/m"})
    assert caught.value.facts["reason"] == "risk.no_head"


def test_cancelling_ends_it_early(runner: TaskRunner) -> None:
    assert list(runner.run(GOOD, {}, lambda: True)) == []
