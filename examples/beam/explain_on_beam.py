"""Explains a folder of pictures on Apache Beam.

    python examples/beam/explain_on_beam.py model.fullgrad.onnx photos/ out/ --workers 2

Further options go to Beam: --runner=FlinkRunner --flink_master=..., for example.
"""

import argparse
import os
import pathlib
import sys

import apache_beam as beam
from apache_beam.io import fileio
from apache_beam.ml.inference.base import KeyedModelHandler, RunInference
from apache_beam.ml.inference.onnx_inference import OnnxModelHandlerNumpy
from apache_beam.options.pipeline_options import PipelineOptions

EXAMPLES = str(pathlib.Path(__file__).resolve().parent.parent)
sys.path.append(EXAMPLES)
# The DirectRunner's workers are processes of this machine; for others, put explainer.py into their container.
os.environ["PYTHONPATH"] = os.pathsep.join([EXAMPLES, *filter(None, [os.environ.get("PYTHONPATH")])])

from explainer import SCHEMA, failed_row, is_picture, open_session, read_picture, row_of, run_model

# What "DirectRunner" comes to where it cannot fetch Prism, another runner, from the network.
LOCAL_RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"


class Decode(beam.DoFn):
    """Files to (path, picture); rows of unreadable pictures go to the output "failed"."""

    def process(self, file):
        path = file.metadata.path
        try:
            yield path, read_picture(file.read())
        except Exception as error:
            yield beam.pvalue.TaggedOutput("failed", failed_row(path, error))


class Handler(OnnxModelHandlerNumpy):
    """Beam's handler takes every core for each worker unless it is given options, and those cannot be sent to one."""

    def load_model(self):
        return open_session(self._model_uri)


def run_pictures(session, pictures, inference_args=None):
    """Beam's own function keeps the first output, the map, alone, and takes pictures of one size only."""
    return [run_model(session, picture) for picture in pictures]


def explain_folder(model, pictures, out, options, batch=16, run=run_pictures):
    handler = KeyedModelHandler(Handler(model, inference_fn=run, max_batch_size=batch))
    with beam.Pipeline(options=options) as pipeline:
        files = (
            pipeline
            | fileio.MatchFiles(f"{pictures}/**")
            | beam.Filter(lambda file: is_picture(file.path))
            | fileio.ReadMatches()
            | beam.Reshuffle()
        )
        decoded = files | beam.ParDo(Decode()).with_outputs("failed", main="pictures")
        explained = decoded.pictures | RunInference(handler) | beam.MapTuple(lambda path, r: row_of(path, r.inference))
        rows = (explained, decoded.failed) | beam.Flatten()
        rows | beam.io.WriteToParquet(f"{out}/part", SCHEMA, file_name_suffix=".parquet")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="made by: fullgrad convert MODEL --to onnx --preprocess ... -o OUT")
    parser.add_argument("pictures", help="folder of PNG and JPEG files, on whatever Beam reads")
    parser.add_argument("out", help="folder for the Parquet files")
    parser.add_argument("--batch", type=int, default=16, help="most pictures that wait for one another")
    parser.add_argument("--workers", type=int, default=2, help="processes of the local runner")
    arguments, rest = parser.parse_known_args()
    direct = [LOCAL_RUNNER, "--direct_running_mode=multi_processing", f"--direct_num_workers={arguments.workers}"]
    options = PipelineOptions(direct + rest)
    explain_folder(arguments.model, arguments.pictures, arguments.out, options, arguments.batch)
