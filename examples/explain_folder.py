"""Explains a folder of pictures in one process: what the engines are measured against.

    python explain_folder.py model.fullgrad.onnx photos/ out/
"""

import argparse
import pathlib

import pyarrow.parquet

from explainer import SCHEMA, explain_file, find_pictures, open_session

def explain_folder(model, pictures, out, batch=16, threads=1):
    session = open_session(model, threads)
    paths = find_pictures(pictures)
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    with pyarrow.parquet.ParquetWriter(f"{out}/part-0.parquet", SCHEMA) as writer:
        for start in range(0, len(paths), batch):
            rows = [explain_file(session, path) for path in paths[start : start + batch]]
            writer.write_table(pyarrow.Table.from_pylist(rows, SCHEMA))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="made by: fullgrad convert MODEL --to onnx --preprocess ... -o OUT")
    parser.add_argument("pictures", help="folder of PNG and JPEG files")
    parser.add_argument("out", help="folder for the Parquet file")
    parser.add_argument("--batch", type=int, default=16, help="rows written at once")
    parser.add_argument("--threads", type=int, default=1, help="threads for one operator")
    explain_folder(**vars(parser.parse_args()))
