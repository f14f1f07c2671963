import io

import numpy as np
import pytest
from conftest import FIXTURES, MODEL, fullgrad
from explain_folder import explain_folder
from explainer import explain, open_session, read_picture
from PIL import Image


def test_every_picture_has_a_row_with_the_map_of_the_command_line(model, pictures, check, tmp_path):
    explain_folder(model, pictures, tmp_path / "out", batch=4)
    check(tmp_path / "out")


def test_a_photograph_that_was_turned_in_the_camera_is_explained_upright():
    upright, turned = (read_picture((FIXTURES / "images" / f"orientation-{n}.jpg").read_bytes()) for n in (1, 6))
    assert turned.shape == upright.shape
    assert np.abs(turned.astype(int) - upright).mean() < 4


def test_a_jpeg_has_the_map_of_the_pixels_that_pillow_decodes(model, tmp_path):
    jpeg = FIXTURES / "images" / "rocket.jpg"
    (tmp_path / "decoded").mkdir()
    Image.fromarray(read_picture(jpeg.read_bytes())).save(tmp_path / "decoded" / "pillow.png")
    fullgrad("explain", MODEL, tmp_path / "decoded", jpeg, "-o", tmp_path / "out")
    row = explain(open_session(model), str(jpeg), jpeg.read_bytes())
    map_of = lambda name: np.load(tmp_path / "out" / f"{name}.map.npy")
    distance = lambda other: np.linalg.norm(saliency - other) / np.linalg.norm(other)
    saliency = np.load(io.BytesIO(row["saliency"]))
    assert distance(map_of("pillow")) < 1e-4
    assert distance(map_of("rocket")) < 1e-4


def test_a_model_that_takes_no_pictures_is_refused():
    with pytest.raises(ValueError, match="--preprocess"):
        open_session(str(MODEL))
