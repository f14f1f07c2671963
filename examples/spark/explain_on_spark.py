"""Explains a folder of pictures on Apache Spark.

    python examples/spark/explain_on_spark.py model.fullgrad.onnx photos/ out/ --master local[2]
"""

import argparse
import os
import pathlib
import sys

import pandas
from pyspark import SparkFiles
from pyspark.sql import SparkSession

EXPLAINER = pathlib.Path(__file__).resolve().parent.parent / "explainer.py"
sys.path.append(str(EXPLAINER.parent))

SCHEMA = "path string, target long, output double, residual double, saliency binary, error string"


def explain_rows(frames, model):
    """Runs in a Python worker: frames of paths to frames of SCHEMA."""
    from explainer import explain_file, open_session

    session = open_session(SparkFiles.get(model))
    for frame in frames:
        yield pandas.DataFrame([explain_file(session, path) for path in frame["path"]])


def explain_folder(spark, model, pictures, out, partitions=None, rows=explain_rows):
    from explainer import find_pictures

    # Both are copied to every worker.
    spark.sparkContext.addPyFile(str(EXPLAINER))
    spark.sparkContext.addFile(model)
    name = os.path.basename(model)
    # Spark's own reader, "binaryFile", passes over empty files without a word.
    paths = find_pictures(pictures)
    # A task that fails is repeated as a whole.
    count = partitions or max(4 * spark.sparkContext.defaultParallelism, len(paths) // 1000)
    table = spark.createDataFrame([(path,) for path in paths], "path string").repartition(count)
    table.mapInPandas(lambda frames: rows(frames, name), SCHEMA).write.mode("overwrite").parquet(out)


def start(master, batch=16):
    # Else workers run the first python3 on the path, which need not be this one.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("fullgrad")
    # 10,000 rows at a time, Spark's default, would be the maps of a whole partition in memory.
    return builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", batch).getOrCreate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="made by: fullgrad convert MODEL --to onnx --preprocess ... -o OUT")
    parser.add_argument("pictures", help="folder of PNG and JPEG files that every machine can read")
    parser.add_argument("out", help="folder for the Parquet files")
    parser.add_argument("--master", default="local[2,4]", help="local[cores,attempts at a task] or a cluster's address")
    parser.add_argument("--batch", type=int, default=16, help="pictures handed to a worker at once")
    parser.add_argument("--partitions", type=int, help="tasks; four for each core by default")
    arguments = parser.parse_args()
    spark = start(arguments.master, arguments.batch)
    explain_folder(spark, arguments.model, arguments.pictures, arguments.out, arguments.partitions)
    spark.stop()
