"""Explains a folder of pictures on Ray Data.

    python examples/ray/explain_on_ray.py model.fullgrad.onnx photos/ out/ --workers 2
"""

import argparse
import pathlib
import sys

import pyarrow
import ray

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(EXAMPLES))


class Explain:
    """An actor: a process that keeps its session."""

    def __init__(self, model):
        from explainer import explain, open_session

        self.explain, self.session = explain, open_session(model)

    def __call__(self, batch):
        from explainer import SCHEMA

        rows = [self.explain(self.session, *row) for row in zip(batch["path"], batch["bytes"])]
        return pyarrow.Table.from_pylist(rows, SCHEMA)


def explain_folder(model, pictures, out, workers=2, batch=16, actor=Explain):
    from explainer import SUFFIXES

    extensions = [case(suffix[1:]) for suffix in SUFFIXES for case in (str.lower, str.upper)]
    files = ray.data.read_binary_files(pictures, include_paths=True, file_extensions=extensions)
    rows = files.map_batches(
        actor,
        fn_constructor_args=[model],
        compute=ray.data.ActorPoolStrategy(size=workers),
        batch_size=batch,
        # What reads and writes needs some of a core as well.
        num_cpus=0.5,
        # Without a limit, a picture that kills its process is retried for ever.
        ray_remote_args_fn=lambda: {"max_restarts": 4, "max_task_retries": 4},
    )
    rows.write_parquet(out, mode=ray.data.SaveMode.OVERWRITE)


def start(workers):
    ray.init(num_cpus=workers, runtime_env={"py_modules": [str(EXAMPLES / "explainer.py")]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="where every machine finds it; made by: fullgrad convert MODEL --to onnx --preprocess ... -o OUT")
    parser.add_argument("pictures", help="folder of PNG and JPEG files, on whatever Ray reads")
    parser.add_argument("out", help="folder for the Parquet files")
    parser.add_argument("--workers", type=int, default=2, help="processes that explain")
    parser.add_argument("--batch", type=int, default=16, help="pictures handed to a worker at once")
    arguments = parser.parse_args()
    start(arguments.workers)
    explain_folder(**vars(arguments))
