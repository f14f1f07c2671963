"""What all tests compare with: pictures, the converted model, and what `fullgrad explain` makes of the pictures."""

import collections
import functools
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import types

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
MODEL = FIXTURES / "efficientnet-lite0" / "efficientnet-lite0.onnx"
sys.path.append(str(HERE))


def run_program(path, *words):
    """As someone would: nothing of the tests is known to the workers."""
    subprocess.run([sys.executable, str(HERE / path), *map(str, words)], check=True, timeout=300)


@pytest.fixture
def tests_on_workers(monkeypatch):
    """What a test sends to a worker names modules of the tests, which it must find."""
    folders = [HERE, *(HERE / name for name in ("spark", "beam", "ray"))]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))


def fullgrad(*words):
    command = ["node", str(HERE.parent / "dist/src/cli/main.js"), *map(str, words), "--quiet"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.fullgrad.onnx"
    fullgrad("convert", MODEL, "--to", "onnx", "--preprocess", MODEL.with_suffix(".preprocess.json"), "-o", path)
    return str(path)


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """PNG files of five sizes and three modes in two folders, twelve altogether: more than one batch for each worker."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "crops").mkdir()
    for name in ("chelsea", "china", "coffee", "rgba", "grey"):
        shutil.copy(FIXTURES / "images" / f"{name}.png", folder)
    with Image.open(FIXTURES / "images" / "rocket.jpg") as rocket:
        rocket.save(folder / "rocket.png")
        for i in range(6):
            rocket.crop((40 * i, 20 * i, 300 + 40 * i, 300 + 20 * i)).save(folder / "crops" / f"rocket-{i}.png")
    return folder


@pytest.fixture(scope="session")
def pictures(sound, tmp_path_factory):
    """The same and two that are none."""
    folder = shutil.copytree(sound, tmp_path_factory.mktemp("all") / "pictures")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes((sound / "coffee.png").read_bytes()[:20000])
    (folder / "notes.txt").write_text("not looked at")
    return str(folder)


@pytest.fixture(scope="session")
def expected(sound, tmp_path_factory):
    """Class, score and map of each picture as `fullgrad explain` has them, by the picture's name."""
    out = tmp_path_factory.mktemp("expected")
    document = json.loads(fullgrad("explain", MODEL, sound, "-o", out, "--json"))
    return {
        pathlib.Path(r["input"]).name: types.SimpleNamespace(
            target=r["target"], score=r["score"], map=np.load(r["files"]["map"])
        )
        for r in document["results"]
    }


@pytest.fixture
def check(expected):
    return functools.partial(check_rows, expected)


def check_rows(expected, out):
    """Every picture has one row, the broken ones their error, the others the map, class and score of the CLI."""
    rows = pyarrow.parquet.read_table(str(out)).to_pylist()
    names = collections.Counter(pathlib.Path(row["path"]).name for row in rows)
    assert names == collections.Counter([*expected, "empty.png", "cut.png"])
    for row in rows:
        name = pathlib.Path(row["path"]).name
        if name not in expected:
            assert row["error"] and row["saliency"] is None and row["target"] is None
            continue
        assert row["error"] is None
        one, saliency = expected[name], np.load(io.BytesIO(row["saliency"]))
        assert np.linalg.norm(saliency - one.map) < 1e-4 * np.linalg.norm(one.map), name
        assert row["target"] == one.target and row["output"] == pytest.approx(one.score, rel=1e-5)
        assert abs(row["residual"]) < 1e-4 * abs(row["output"])


class Death:
    """Kills the process that first gets as far as the given picture, as the kernel does when memory runs out."""

    def __init__(self, folder):
        self.marker = str(folder / "killed")

    def __call__(self):
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    def came(self):
        return os.path.exists(self.marker)


@pytest.fixture
def death(tmp_path, tests_on_workers):
    return Death(tmp_path)
