"""Writes a model above protobuf's limit: a convolution, two layers of 16,384 x 16,384 weights (2 GiB in a file beside), ten classes.

usage: python bench/large_model.py OUT.onnx
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

width = 16384
numbers = np.random.default_rng(0)


def inline(name, scale, *shape):
    values = numbers.standard_normal(shape) * scale
    return numpy_helper.from_array(values.astype(np.float32), name)


def external(name, file, location):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[width, width])
    tensor.data_location = TensorProto.EXTERNAL
    start = file.tell()
    for _ in range(0, width, 1024):
        (numbers.standard_normal((1024, width), dtype=np.float32) * 0.01).tofile(file)
    for key, value in {"location": location, "offset": start, "length": file.tell() - start}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


path = sys.argv[1]
location = path.rsplit("/", 1)[-1] + ".data"
with open(path + ".data", "wb") as file:
    weights = [external(name, file, location) for name in ("w1", "w2")]
weights += [
    inline("conv.weight", 0.2, 64, 3, 3, 3),
    inline("conv.bias", 0.1, 64),
    inline("b1", 0.1, width),
    inline("b2", 0.1, width),
    inline("w3", 0.01, width, 10),
    inline("b3", 1, 10),
]
nodes = [
    helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
    helper.make_node("Relu", ["c"], ["r0"]),
    helper.make_node("Flatten", ["r0"], ["f"]),
    helper.make_node("Gemm", ["f", "w1", "b1"], ["g1"]),
    helper.make_node("Relu", ["g1"], ["r1"]),
    helper.make_node("Gemm", ["r1", "w2", "b2"], ["g2"]),
    helper.make_node("Relu", ["g2"], ["r2"]),
    helper.make_node("Gemm", ["r2", "w3", "b3"], ["y"]),
]
graph = helper.make_graph(
    nodes,
    "large",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 32, 32])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])],
    weights,
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
