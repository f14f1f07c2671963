"""What every program here does with one picture. It is a module of its own because workers must import it: what they
hold on to from one task to the next, the session, lives in an imported module and not in a function sent to them."""

import functools
import io
import pathlib

import numpy as np
import onnxruntime
import pyarrow
from PIL import Image, ImageOps

SUFFIXES = (".png", ".jpg", ".jpeg")

# Of the Parquet files that all programs write: one row for each picture.
SCHEMA = pyarrow.schema(
    [
        ("path", pyarrow.string()),
        ("target", pyarrow.int64()),
        ("output", pyarrow.float64()),
        ("residual", pyarrow.float64()),
        ("saliency", pyarrow.binary()),
        ("error", pyarrow.string()),
    ]
)


def is_picture(path):
    return str(path).lower().endswith(SUFFIXES)


def find_pictures(folder):
    """Paths of all pictures in a folder and the folders below it, in a fixed order."""
    return sorted(str(path) for path in pathlib.Path(folder).rglob("*") if path.is_file() and is_picture(path))


def read_picture(content):
    """RGB as [H,W,3] uint8 of a PNG or JPEG file's bytes, turned upright; raises whatever Pillow raises."""
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


@functools.cache
def open_session(model, threads=1):
    """The session of this process. One thread: there are as many processes as cores, and two threads for one operator
    take more processor time for the same picture."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = session.get_inputs()[0]
    if feed.type != "tensor(uint8)":
        raise ValueError(f"{model} takes {feed.type}, not pictures: make it with `fullgrad convert --preprocess`")
    return session


def run_model(session, picture):
    """All outputs of one picture by their names, each without its batch dimension."""
    names = [output.name for output in session.get_outputs()]
    values = session.run(names, {session.get_inputs()[0].name: picture[None]})
    return {name: value[0] for name, value in zip(names, values)}


def row_of(path, outputs):
    """What is written down for a picture. `saliency` is the map [H,W] float32 as the bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, outputs["saliency"][0])
    output, _, residual = (float(number) for number in outputs["completeness"])
    numbers = {"target": int(outputs["target"]), "output": output, "residual": residual}
    return {"path": path, **numbers, "saliency": file.getvalue(), "error": None}


def failed_row(path, error):
    """What is written down for a picture that cannot be explained."""
    empty = dict.fromkeys(("target", "output", "residual", "saliency"))
    return {"path": path, **empty, "error": f"{type(error).__name__}: {error}"}


def explain(session, path, content):
    """A picture's row. Whatever is wrong with one picture, the others go on."""
    try:
        return row_of(path, run_model(session, read_picture(content)))
    except Exception as error:
        return failed_row(path, error)


def explain_file(session, path):
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        return failed_row(path, error)
    return explain(session, path, content)
