import apache_beam as beam
import explain_on_beam
import numpy as np
import pytest
from apache_beam.ml.inference.base import RunInference
from apache_beam.ml.inference.onnx_inference import OnnxModelHandlerNumpy
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that
from conftest import run_program
from explainer import open_session, read_picture, run_model


def test_every_picture_has_a_row_with_the_map_of_the_command_line(model, pictures, check, tmp_path):
    run_program("beam/explain_on_beam.py", model, pictures, tmp_path / "out", "--workers", 2, "--batch", 2)
    check(tmp_path / "out")


def test_a_killed_worker_fails_the_job_and_a_second_run_has_every_picture(model, pictures, check, death, tmp_path):
    """Beam's local runner repeats no bundle. What it does promise: it fails, and leaves nothing that looks finished."""
    run = explain_on_beam.run_pictures

    def mortal(session, batch, inference_args=None):
        rows = run(session, batch)
        death()
        return rows

    local = [explain_on_beam.LOCAL_RUNNER, "--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    attempt = lambda: explain_on_beam.explain_folder(
        model, pictures, str(tmp_path / "out"), PipelineOptions(local), batch=2, run=mortal
    )
    with pytest.raises(RuntimeError):
        attempt()
    assert death.came()
    assert list((tmp_path / "out").glob("*.parquet")) == []
    attempt()
    check(tmp_path / "out")


def test_beams_own_handler_hands_on_the_map_alone(model, sound):
    """It keeps the first output, [1,H,W] for each picture; of pictures of different sizes it can take one at a time."""
    decoded = [read_picture(path.read_bytes()) for path in sorted(sound.glob("*.png"))]

    def check_maps(results):
        session = open_session(model)
        assert len(results) == len(decoded)
        for result in results:
            assert isinstance(result.inference, np.ndarray) and result.inference.shape == (1, 224, 224)
            assert np.array_equal(result.inference, run_model(session, result.example)["saliency"])

    handler = OnnxModelHandlerNumpy(model, max_batch_size=1)
    with beam.Pipeline(options=PipelineOptions([explain_on_beam.LOCAL_RUNNER])) as pipeline:
        assert_that(pipeline | beam.Create(decoded) | RunInference(handler), check_maps)
