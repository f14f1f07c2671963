"""What other engines make of a converted file, beside the map that `fullgrad explain` wrote.

    python test/witness/witness.py model.fullgrad.onnx x.npy map.npy [--engines onnxruntime,reference,openvino]

x.npy is a batch [1,C,H,W], or a picture [1,H,W,3] of bytes; map.npy what `fullgrad explain model.onnx x.npy` wrote.
Differences are max |a - b| / max |b|. Needs numpy, onnx, onnxruntime; openvino where it is asked for.
"""

import argparse
import time

import numpy as np
import onnx

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("x")
parser.add_argument("map")
parser.add_argument("--engines", default="onnxruntime")
arguments = parser.parse_args()

x = np.load(arguments.x)
x = x[None] if x.ndim == 3 else x
expected = np.load(arguments.map)


def relative(a, b):
    return float(np.abs(a - b).max() / np.abs(b).max())


def check():
    proto = onnx.load(arguments.model)
    onnx.checker.check_model(arguments.model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    names = [n.name for n in proto.graph.node]
    assert len(set(names)) == len(names)
    assert {n.domain for n in proto.graph.node} == {""}
    shapes = [[d.dim_value or d.dim_param for d in o.type.tensor_type.shape.dim] for o in inferred.graph.output]
    opset = {o.domain or "ai.onnx": o.version for o in proto.opset_import}
    print(f"  checker: passed, {opset}, IR {proto.ir_version}, {len(names)} nodes, outputs {shapes}")
    return proto


def report(engine, run):
    outputs = run(x)
    start = time.perf_counter()
    outputs = run(x)
    seconds = time.perf_counter() - start
    output, total, rest = outputs["completeness"][0]
    line = f"  {engine}: map {relative(outputs['saliency'][0, 0], expected):.1e}"
    line += f", remainder {rest:.1e} of {output:.4g}, {seconds:.3f} s"
    if "target" in outputs:
        own = next(v for k, v in outputs.items() if k not in ("overlay", "saliency"))
        line += f", target {outputs['target'][0]} (arg-max {own[0].argmax()})"
    print(line, flush=True)
    return outputs


def onnxruntime(_):
    import onnxruntime

    session = onnxruntime.InferenceSession(arguments.model, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    feed = session.get_inputs()[0].name
    run = lambda x: dict(zip(names, session.run(None, {feed: x})))
    one = report(f"onnxruntime {onnxruntime.__version__}", run)["saliency"]
    if session.get_inputs()[0].shape[0] != 1:
        noise = np.random.default_rng(0).standard_normal(x.shape).astype(np.float32)
        others = [x, np.flip(x, -1), 0.5 * x, noise] if x.dtype == np.float32 else [x, x[:, ::-1], x[:, :, ::-1], x // 2]
        batch = np.ascontiguousarray(np.concatenate(others).astype(x.dtype))
        four = run(batch)["saliency"]
        each = np.concatenate([run(batch[n : n + 1])["saliency"] for n in range(4)])
        worst = max(relative(four[n], each[n]) for n in range(4))
        print(f"  four at once and four times one: {worst:.1e}; first of them and alone {relative(four[:1], one):.1e}")


def reference(proto):
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(proto)
    feed = proto.graph.input[0].name
    report(f"onnx.reference {onnx.__version__}", lambda x: dict(zip(evaluator.output_names, evaluator.run(None, {feed: x}))))


def openvino(proto):
    import openvino

    compiled = openvino.Core().compile_model(arguments.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = [o.name for o in proto.graph.output]
    report(f"openvino {openvino.__version__}", lambda x: dict(zip(names, compiled([x]).values())))


print(arguments.model)
proto = check()
for name in arguments.engines.split(","):
    try:
        {"onnxruntime": onnxruntime, "reference": reference, "openvino": openvino}[name](proto)
    except Exception as error:
        print(f"  {name}: REFUSED, {type(error).__name__}: {str(error)[:600]}")
