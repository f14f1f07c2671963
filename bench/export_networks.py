"""
Exports the networks that `npm run bench` measures, with random weights and an open batch.

usage: python bench/export_networks.py FOLDER [--exporter dynamo|legacy] [NAME ...]
needs torch, torchvision, timm, onnx, onnxscript (fixtures/requirements.txt)
"""

import argparse
from pathlib import Path

import torch

from reference_networks import networks, make_network


def export(name: str, folder: Path, exporter: str) -> None:
    path = folder / f"{name}.onnx"
    if path.exists():
        return
    model, x = make_network(name), torch.randn(2, 3, 224, 224)
    # Written under another name first: what is there is complete.
    part = folder / f"{name}.part.onnx"
    if exporter == "dynamo":
        batch = torch.export.Dim("batch")
        program = torch.onnx.export(model, (x,), dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
        program.save(part, external_data=False)
    else:
        axes = {"x": {0: "batch"}, "y": {0: "batch"}}
        torch.onnx.export(
            *(model, (x,), str(part)),
            **{"dynamo": False, "opset_version": 17, "dynamic_axes": axes},
            **{"input_names": ["x"], "output_names": ["y"]},
        )
    part.rename(path)
    print(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--exporter", choices=["dynamo", "legacy"], default="dynamo")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or networks:
        export(name, arguments.folder, arguments.exporter)
