#!/usr/bin/env python3
"""Export a PyTorch image classifier to ONNX, with the preprocessing file beside it.

    python export_pytorch.py --source torchvision --name resnet18 --weights DEFAULT
    python export_pytorch.py --source timm --name mobilenetv3_small_100 --pretrained --exporter both
    python export_pytorch.py --source my_model.py:build --checkpoint weights.pt --size 192x256
    python export_pytorch.py --source torchvision --name resnet18 --keep-batchnorm --size 32 --model-arg num_classes=10

writes NAME.onnx (with `--exporter both`: NAME.legacy.onnx and NAME.dynamo.onnx) and
NAME.preprocess.json into the output folder. The graph has one input, "input" [batch, channels, H, W],
and one output, "logits" [batch, classes]. Every file is run with ONNX Runtime and compared with
PyTorch before the command reports success.

A user's file is named as PATH.py:FACTORY; the factory is called with the `--model-arg` values and returns
the module. The file may also define PREPROCESS, a dict of the same form as the preprocessing file.

Needs torch, onnx and onnxruntime; onnxscript for the dynamo exporter; torchvision or timm for those
sources.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import math
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

import numpy as np
import onnx
import torch
from torch import nn

EXPORTERS = ("legacy", "dynamo")
DEFAULT_OPSET = {"legacy": 17, "dynamo": 20}
INPUT_NAME = "input"
OUTPUT_NAME = "logits"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
IMAGENET_CROP = 0.875

# PIL's numbers of the filters, also used in every Hugging Face preprocessor_config.json.
PIL_RESAMPLE = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


# --------------------------------------------------------------------------------------------------
# Models
# --------------------------------------------------------------------------------------------------


class UsageError(Exception):
    """A request for something that does not exist or does not fit."""


@dataclass
class LoadedModel:
    """A module in evaluation mode, with its preprocessing (None: unknown)."""

    module: nn.Module
    preprocess: dict[str, Any] | None


def load_model(
    source: str,
    name: str | None = None,
    weights: str | None = None,
    pretrained: bool = False,
    model_args: dict[str, Any] | None = None,
) -> LoadedModel:
    """Build the model given by `--source` and `--name`."""
    arguments = dict(model_args or {})
    if source == "torchvision":
        return _load_torchvision(_required(name), weights, arguments)
    if source == "timm":
        return _load_timm(_required(name), pretrained, arguments)
    path, separator, factory = source.rpartition(":")
    if not separator or not path.endswith(".py"):
        raise UsageError(f"--source is torchvision, timm, or PATH.py:FACTORY, not {source!r}")
    return _load_user_file(Path(path), factory, arguments)


def _required(name: str | None) -> str:
    if not name:
        raise UsageError("--source torchvision and --source timm need --name")
    return name


def _load_torchvision(name: str, weights: str | None, arguments: dict[str, Any]) -> LoadedModel:
    import torchvision

    if name not in torchvision.models.list_models():
        raise UsageError(f"torchvision has no model {name!r}")
    preprocess = None
    if weights is not None:
        entries = torchvision.models.get_model_weights(name).__members__
        if weights not in entries:
            raise UsageError(f"{name} has the weights {', '.join(entries)}, not {weights!r}")
        entry = entries[weights]
        arguments["weights"] = entry
        preprocess = _preprocess_from_torchvision(entry.transforms())
    return LoadedModel(torchvision.models.get_model(name, **arguments).eval(), preprocess)


def _preprocess_from_torchvision(transform: Any) -> dict[str, Any]:
    """torchvision's ImageClassification preset holds one-element size lists and an InterpolationMode."""
    crop = transform.crop_size[0]
    return preprocessing(
        (crop, crop),
        shortest_edge=transform.resize_size[0],
        interpolation=transform.interpolation.value,
        mean=transform.mean,
        std=transform.std,
    )


def _load_timm(name: str, pretrained: bool, arguments: dict[str, Any]) -> LoadedModel:
    import timm

    if not timm.is_model(name.split(".")[0]):
        raise UsageError(f"timm has no model {name!r}")
    module = timm.create_model(name, pretrained=pretrained, **arguments).eval()
    config = timm.data.resolve_model_data_config(module)
    height, width = config["input_size"][-2:]
    interpolation = config["interpolation"]
    if interpolation not in PIL_RESAMPLE:  # timm's "random" is a training setting
        interpolation = "bilinear"
    result = preprocessing(
        (height, width),
        shortest_edge=math.floor(max(height, width) / config["crop_pct"]),
        interpolation=interpolation,
        mean=config["mean"],
        std=config["std"],
    )
    if config["crop_mode"] == "squash":
        result["size"] = {
            "height": math.floor(height / config["crop_pct"]),
            "width": math.floor(width / config["crop_pct"]),
        }
    elif config["crop_mode"] != "center":
        print(f"note: crop mode {config['crop_mode']!r} is written as a centre crop", file=sys.stderr)
    return LoadedModel(module, result)


def _load_user_file(path: Path, factory: str, arguments: dict[str, Any]) -> LoadedModel:
    user = import_file(path)
    build: Callable[..., nn.Module] | None = getattr(user, factory, None)
    if build is None:
        raise UsageError(f"{path} has no {factory!r}")
    return LoadedModel(build(**arguments).eval(), getattr(user, "PREPROCESS", None))


def import_file(path: Path) -> ModuleType:
    """Import a Python file by its path; it can import the files beside it."""
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def load_checkpoint(module: nn.Module, path: Path) -> None:
    """Load a state dict; also one stored under "state_dict" or "model", or with DataParallel's "module." prefix."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model"):
        if isinstance(state.get(key), dict):
            state = state[key]
    module.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})


def randomize(module: nn.Module, seed: int, example: torch.Tensor, spread: float = 1.0) -> None:
    """Give a network random weights that keep activations from vanishing, and non-trivial BatchNorm statistics.

    A freshly built BatchNorm (mean 0, variance 1, weight 1, bias 0) hides mistakes: its implicit bias is
    zero and its scale is one. Purely random statistics, on the other hand, let a deep network saturate or
    die out. So the statistics are measured on random inputs of the shape of `example`, and then perturbed. A `spread`
    below 1 perturbs less: some deep networks amplify the default until only rounding errors are left.
    """
    generator = torch.Generator().manual_seed(seed)
    randomize_parameters(module, generator, spread)
    randomize_statistics(module, generator, tuple(example.shape[1:]), spread)


def randomize_parameters(module: nn.Module, generator: torch.Generator, spread: float = 1.0) -> None:
    """He-normal convolutions and linear layers with N(0, 0.3) biases; weights U(0.5, 1.5) and biases N(0, 0.3)
    for every normalization."""
    norms = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)
    layers = (nn.modules.conv._ConvNd, nn.Linear)
    with torch.no_grad():
        for layer in module.modules():
            if not isinstance(layer, (*norms, *layers)):
                continue
            if layer.weight is not None:
                if isinstance(layer, norms):
                    layer.weight.copy_(_uniform(layer.weight, generator, spread))
                else:
                    fan_in = max(1, layer.weight[0].numel())
                    layer.weight.copy_(_normal(layer.weight, math.sqrt(2 / fan_in), generator))
            if layer.bias is not None:
                layer.bias.copy_(_normal(layer.bias, 0.3 * spread, generator))


def randomize_statistics(
    module: nn.Module, generator: torch.Generator, shape: tuple[int, ...], spread: float = 1.0
) -> None:
    """BatchNorm statistics of eight random inputs, with the mean shifted by N(0, 0.3) standard deviations and the
    variance scaled by U(0.5, 1.5)."""
    with torch.no_grad():
        _measure_batchnorm(module, torch.randn((8, *shape), generator=generator))
        for layer in module.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None:
                # A channel that is constant before this layer has variance 0.
                variance = layer.running_var.clamp(min=0.05 * float(layer.running_var.mean()) + 1e-3)
                layer.running_mean.add_(_normal(layer.running_mean, 0.3 * spread, generator) * variance.sqrt())
                layer.running_var.copy_(variance * _uniform(variance, generator, spread))


def _normal(like: torch.Tensor, std: float, generator: torch.Generator) -> torch.Tensor:
    return torch.randn(like.shape, generator=generator) * std


def _uniform(like: torch.Tensor, generator: torch.Generator, spread: float) -> torch.Tensor:
    return torch.rand(like.shape, generator=generator) * spread + (1 - spread / 2)


def _measure_batchnorm(module: nn.Module, batch: torch.Tensor) -> None:
    """Set the running statistics of every BatchNorm to one batch's; all other modules stay in evaluation mode."""
    module.eval()
    batchnorms = [
        m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.running_mean is not None
    ]
    if not batchnorms:
        return
    momenta = [m.momentum for m in batchnorms]
    for layer in batchnorms:
        layer.reset_running_stats()
        layer.momentum = None  # cumulative average: after one batch, that batch's statistics
        layer.train()
    module(batch)
    for layer, momentum in zip(batchnorms, momenta):
        layer.momentum = momentum
    module.eval()


# --------------------------------------------------------------------------------------------------
# Preprocessing
# --------------------------------------------------------------------------------------------------


def preprocessing(
    crop: tuple[int, int],
    shortest_edge: int | None = None,
    interpolation: str = "bilinear",
    mean: tuple[float, ...] = IMAGENET_MEAN,
    std: tuple[float, ...] = IMAGENET_STD,
) -> dict[str, Any]:
    """A preprocessing file in the vocabulary of Hugging Face's preprocessor_config.json.

    Resize with antialias so that the shorter side is `shortest_edge`, crop the centre, divide by 255,
    subtract the mean and divide by the standard deviation. The defaults are torchvision's for ImageNet.
    """
    height, width = crop
    return {
        "do_resize": True,
        "size": {"shortest_edge": shortest_edge or round(max(crop) / IMAGENET_CROP)},
        "resample": PIL_RESAMPLE[interpolation],
        "do_center_crop": True,
        "crop_size": {"height": height, "width": width},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(mean),
        "image_std": list(std),
    }


def fit_preprocessing(known: dict[str, Any] | None, size: tuple[int, int], channels: int) -> dict[str, Any]:
    """The model's preprocessing at the exported size: resize and crop grow together."""
    if known is None:
        known = preprocessing(size)
        if channels != len(IMAGENET_MEAN):
            known["image_mean"] = [0.5] * channels
            known["image_std"] = [0.5] * channels
    crop = (known["crop_size"]["height"], known["crop_size"]["width"])
    if crop == size:
        return known
    resized = {key: round(value * max(size) / max(crop)) for key, value in known["size"].items()}
    return {**known, "size": resized, "crop_size": {"height": size[0], "width": size[1]}}


# --------------------------------------------------------------------------------------------------
# Export
# --------------------------------------------------------------------------------------------------


def export(
    module: nn.Module,
    example: torch.Tensor,
    path: Path,
    exporter: str,
    *,
    opset: int | None = None,
    dynamic_batch: bool = True,
    external_data: bool = False,
    keep_stack_traces: bool = False,
    keep_batchnorm: bool = False,
) -> None:
    """Write `module` to `path` with one of PyTorch's two exporters: "legacy" (TorchScript) or "dynamo".

    Both write the source line of every operator into the file; it is removed by default, because it contains
    paths of the exporting machine. Both fold BatchNorm into the layer before it, unless `keep_batchnorm`, which
    further training needs.
    """
    module.eval()
    common: dict[str, Any] = {
        "input_names": [INPUT_NAME],
        "output_names": [OUTPUT_NAME],
        "opset_version": opset or DEFAULT_OPSET[exporter],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")  # a failed export leaves no half-written file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if exporter == "legacy":
                axes = {INPUT_NAME: {0: "batch"}, OUTPUT_NAME: {0: "batch"}} if dynamic_batch else None
                torch.onnx.export(
                    module,
                    (example,),
                    str(temporary),
                    dynamo=False,
                    dynamic_axes=axes,
                    do_constant_folding=not keep_batchnorm,
                    training=torch.onnx.TrainingMode.PRESERVE if keep_batchnorm else torch.onnx.TrainingMode.EVAL,
                    **common,
                )
            else:
                shapes = ({0: torch.export.Dim("batch")},) if dynamic_batch else None
                torch.onnx.export(
                    module,
                    (example,),
                    str(temporary),
                    dynamo=True,
                    dynamic_shapes=shapes,
                    external_data=False,
                    verbose=False,
                    optimize=not keep_batchnorm,
                    **common,
                )
        model = onnx.load(str(temporary))
        if keep_batchnorm and exporter == "dynamo":
            _tidy(model, set(module.state_dict()))
    finally:
        temporary.unlink(missing_ok=True)
    if not keep_stack_traces:
        _remove_stack_traces(model)
    if external_data:
        data = path.with_name(f"{path.name}.data")
        data.unlink(missing_ok=True)  # onnx would append to it
        onnx.save_model(model, str(path), save_as_external_data=True, location=data.name, size_threshold=1024)
    else:
        onnx.save_model(model, str(path))


def _tidy(model: onnx.ModelProto, parameters: set[str]) -> None:
    """The dynamo exporter's optimization, except for fusing BatchNorm and merging equal parameters: inline
    functions, fold constants, and remove zero biases that the exporter added to convolutions."""
    import onnxscript.optimizer

    onnxscript.optimizer.inline(model)
    onnxscript.optimizer.fold_constants(model, onnx_shape_inference=True)
    made = [tensor for tensor in model.graph.initializer if tensor.name not in parameters]
    zeros = {tensor.name for tensor in made if not onnx.numpy_helper.to_array(tensor).any()}
    for node in model.graph.node:
        if node.op_type in ("Conv", "ConvTranspose") and len(node.input) == 3 and node.input[2] in zeros:
            del node.input[2]
    onnxscript.optimizer.remove_unused_nodes(model)


def _remove_stack_traces(model: onnx.ModelProto) -> None:
    """Drop data specific to the exporting machine: source lines, and the serialized torch.export graph."""
    for graph_nodes in [model.graph.node, *(function.node for function in model.functions)]:
        for node in graph_nodes:
            node.ClearField("doc_string")
            _keep_properties(node.metadata_props, {"namespace", "pkg.torch.onnx.class_hierarchy", "pkg.torch.onnx.name_scopes"})
    model.graph.ClearField("doc_string")
    _keep_properties(model.graph.metadata_props, set())
    _keep_properties(model.metadata_props, set())
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        _keep_properties(value.metadata_props, set())


def _keep_properties(properties: Any, names: set[str]) -> None:
    kept = [(entry.key, entry.value) for entry in properties if entry.key in names]
    del properties[:]
    for key, value in kept:
        properties.add(key=key, value=value)


def check(module: nn.Module, path: Path, batch: torch.Tensor) -> float:
    """Largest |ONNX Runtime − PyTorch| over the logits of `batch`, divided by the largest |logit|."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (actual,) = session.run([OUTPUT_NAME], {INPUT_NAME: batch.numpy()})
    with torch.no_grad():
        expected = module(batch).numpy()
    if actual.shape != expected.shape:
        raise RuntimeError(f"{path.name}: logits {actual.shape} in ONNX Runtime, {expected.shape} in PyTorch")
    return float(np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-30))


# --------------------------------------------------------------------------------------------------
# Command line
# --------------------------------------------------------------------------------------------------


def parse_size(text: str) -> tuple[int, int]:
    """"224" or "192x256" (height x width)."""
    try:
        parts = [int(part) for part in text.lower().split("x")]
    except ValueError:
        parts = []
    if len(parts) not in (1, 2) or min(parts) < 1:
        raise argparse.ArgumentTypeError(f"expected N or HxW, got {text!r}")
    return parts[0], parts[-1]


def parse_batch(text: str) -> int | None:
    """"dynamic" is None."""
    if text == "dynamic":
        return None
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected dynamic or a number, got {text!r}")
    return int(text)


def parse_model_arg(text: str) -> tuple[str, Any]:
    """"aux_logits=False" → ("aux_logits", False); a value that is not a Python literal stays a string."""
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, got {text!r}")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description="Export a PyTorch image classifier to ONNX, with its preprocessing file.",
    )
    result.add_argument("--source", required=True, help="torchvision, timm, or PATH.py:FACTORY")
    result.add_argument("--name", help="the model's name in its source; for a file, the name of the output")
    result.add_argument("--weights", help="torchvision: a weights entry, DEFAULT for the best (may download)")
    result.add_argument("--pretrained", action="store_true", help="timm: load the published weights (may download)")
    result.add_argument("--checkpoint", type=Path, help="a state dict to load into the model")
    result.add_argument("--model-arg", type=parse_model_arg, action="append", default=[], metavar="KEY=VALUE",
                        help="passed to the model's constructor; may be repeated")
    result.add_argument("--randomize-batchnorm", type=int, metavar="SEED",
                        help="random weights and non-trivial BatchNorm statistics, for tests")
    result.add_argument("--exporter", choices=[*EXPORTERS, "both"], default="legacy")
    result.add_argument("--opset", type=int, help="default: 17 for legacy, 20 for dynamo")
    result.add_argument("--size", type=parse_size, help="N or HxW; default: the model's own, else 224")
    result.add_argument("--channels", type=int, default=3)
    result.add_argument("--batch", type=parse_batch, default=None, help="dynamic (default) or a number")
    result.add_argument("--keep-batchnorm", action="store_true",
                        help="do not fold BatchNorm into the layer before it: for training")
    result.add_argument("--external-data", action="store_true", help="weights in NAME.onnx.data")
    result.add_argument("--keep-stack-traces", action="store_true", help="keep source lines and their paths in the file")
    result.add_argument("-o", "--output", type=Path, default=Path("."), help="output folder")
    result.add_argument("--tolerance", type=float, default=1e-3,
                        help="largest accepted difference from PyTorch, relative to the largest logit")
    return result


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return run(options)
    except UsageError as error:
        parser().error(str(error))


def run(options: argparse.Namespace) -> int:
    loaded = load_model(options.source, options.name, options.weights, options.pretrained, dict(options.model_arg))
    module = loaded.module
    if options.checkpoint is not None:
        load_checkpoint(module, options.checkpoint)

    size = options.size
    if size is None:
        crop = loaded.preprocess["crop_size"] if loaded.preprocess else {"height": 224, "width": 224}
        size = (crop["height"], crop["width"])
    # Two samples: torch.export treats a batch of one as a constant.
    example = torch.randn((options.batch or 2, options.channels, *size), generator=torch.Generator().manual_seed(0))
    if options.randomize_batchnorm is not None:
        randomize(module, options.randomize_batchnorm, example)
    with torch.no_grad():
        output = module(example)
    if not isinstance(output, torch.Tensor) or output.ndim != 2:
        raise UsageError(f"the model's output must be one tensor [batch, classes], not {type(output).__name__}"
                         + (f" {list(output.shape)}" if isinstance(output, torch.Tensor) else ""))

    name = options.name or options.source.rpartition(":")[2]
    options.output.mkdir(parents=True, exist_ok=True)
    exporters = EXPORTERS if options.exporter == "both" else (options.exporter,)
    failed = False
    for exporter in exporters:
        path = options.output / (f"{name}.{exporter}.onnx" if options.exporter == "both" else f"{name}.onnx")
        export(
            module,
            example,
            path,
            exporter,
            opset=options.opset,
            dynamic_batch=options.batch is None,
            external_data=options.external_data,
            keep_stack_traces=options.keep_stack_traces,
            keep_batchnorm=options.keep_batchnorm,
        )
        # One sample more than in the export, to detect a fixed batch size.
        batch = torch.randn((options.batch or 3, *example.shape[1:]), generator=torch.Generator().manual_seed(1))
        difference = check(module, path, batch)
        verdict = "" if difference <= options.tolerance else "  TOO LARGE"
        failed = failed or difference > options.tolerance
        print(f"{path}  {os.path.getsize(path) / 1e6:.2f} MB  {exporter}  max difference from PyTorch {difference:.1e}{verdict}")

    preprocess_path = options.output / f"{name}.preprocess.json"
    preprocess_path.write_text(json.dumps(fit_preprocessing(loaded.preprocess, size, options.channels), indent=2) + "\n")
    print(preprocess_path)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
