"""
What other people's code costs, for bench/network.ts: writes a line of JSON with the names of its tasks, then for each
name that it reads runs the task once and answers with its seconds.

usage: python bench/reference.py NETWORK THREADS [FOLDER of idiap/fullgrad-saliency]
"""

import json
import resource
import sys
import time
from importlib.metadata import PackageNotFoundError, version

import torch

from reference_networks import make_network

name, threads, *folders = sys.argv[1:]
torch.set_num_threads(int(threads))
sys.path += folders
answers, sys.stdout = sys.stdout, sys.stderr  # what the packages print is no answer
model = make_network(name)
x = torch.randn(1, 3, 224, 224)
steps = 16  # as in bench/network.ts


def forward():
    with torch.no_grad():
        model(x)


def gradient():
    image = x.clone().requires_grad_()
    model(image).max().backward()


def reference_fullgrad():
    from saliency.fullgrad import FullGrad

    explain = FullGrad(model, im_size=(3, 224, 224))
    return lambda: explain.saliency(x)


def grad_cam_fullgrad():
    from pytorch_grad_cam import FullGrad

    explain = FullGrad(model, target_layers=[])
    return lambda: explain(x, targets=None)


def captum_steps():
    from captum.attr import IntegratedGradients

    explain = IntegratedGradients(model)
    return lambda: explain.attribute(x.requires_grad_(), target=7, n_steps=steps, internal_batch_size=1)


tasks, missing = {"pytorch forward": forward, "pytorch gradient": gradient}, {}
makers = {
    "reference fullgrad": reference_fullgrad,
    "grad-cam fullgrad": grad_cam_fullgrad,
    "captum integrated-gradients": captum_steps,
}
for title, make in makers.items():
    try:
        task = make()
        task()  # which fails where the code does not take the network
        tasks[title] = task
    except Exception as error:  # of any package: reported, not hidden
        missing[title] = f"{type(error).__name__}: {error}".splitlines()[0][:200]


def installed(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


packages = ["torch", "torchvision", "timm", "captum", "grad-cam"]
answer({"tasks": list(tasks), "missing": missing, "versions": {p: installed(p) for p in packages}})
for line in sys.stdin:
    start, processor = time.perf_counter(), time.process_time()
    tasks[line.strip()]()
    times = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - processor}
    answer({**times, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
