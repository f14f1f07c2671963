"""Explanations in Python by a converted file: numpy in, maps out. Needs onnxruntime and numpy alone.

    npx fullgrad convert model.onnx --to onnx --target input -o model.fullgrad.onnx

    from fullgrad import FullGrad
    method = FullGrad("model.fullgrad.onnx")
    maps = method.attribute(x, target=282)  # [N,1,H,W] float32
    maps, delta = method.attribute(x, target=[282, 285], return_convergence_delta=True)
"""

import numpy as np
import onnxruntime


class FullGrad:
    """The method that a file was converted with, under captum's names."""

    def __init__(self, path, threads=0):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.properties = self.session.get_modelmeta().custom_metadata_map
        self.names = [output.name for output in self.session.get_outputs()]
        if "saliency" not in self.names:
            raise ValueError(f"{path} has no output 'saliency': make it with `fullgrad convert MODEL --to onnx`")
        self.input, *others = [port.name for port in self.session.get_inputs()]
        self.takes_target = "target" in others

    def run(self, inputs, target=None):
        """All outputs of the file by their names: the map, the model's own outputs, target, completeness."""
        inputs = np.asarray(inputs)
        if self.takes_target and target is None:
            raise ValueError("the file needs a target; one converted with `--target top` chooses the best class")
        if not self.takes_target and target is not None:
            raise ValueError("the target is fixed in this file: convert it with `--target input`")
        feeds = {self.input: inputs}
        if target is not None:
            classes = np.asarray(target, np.int64)
            feeds["target"] = np.ascontiguousarray(np.broadcast_to(classes, len(inputs)))
        return dict(zip(self.names, self.session.run(self.names, feeds)))

    def attribute(self, inputs, target=None, return_convergence_delta=False):
        """Maps [N,1,H,W] of a batch of the model's inputs. The delta [N] is what the terms miss of the output."""
        outputs = self.run(inputs, target)
        if not return_convergence_delta:
            return outputs["saliency"]
        if not self.has_convergence_delta():
            raise ValueError("this method does not decompose the output, so that it has no delta")
        return outputs["saliency"], outputs["completeness"][:, 2]

    def has_convergence_delta(self):
        return "completeness" in self.names
