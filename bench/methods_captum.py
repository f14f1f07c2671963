"""captum's time for the same methods, for comparison: PyTorch on the CPU, one image.

    python bench/methods_captum.py [THREADS [MODEL]]        by default two threads and torchvision's resnet50
"""

import sys
import time

import torch
import torchvision
from captum.attr import IntegratedGradients, NoiseTunnel, Saliency

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
name = sys.argv[2] if len(sys.argv) > 2 else "resnet50"
model = torchvision.models.get_model(name).eval()
x = torch.randn(1, 3, 224, 224)
target = 3
BATCH = 1

tasks = {
    "one forward and backward": lambda: Saliency(model).attribute(x, target=target, abs=False),
    "integrated-gradients, 50 steps": lambda: IntegratedGradients(model).attribute(
        x, target=target, n_steps=50, internal_batch_size=BATCH, return_convergence_delta=True
    ),
    "smoothgrad, 50 samples": lambda: NoiseTunnel(Saliency(model)).attribute(
        x, nt_samples=50, nt_samples_batch_size=BATCH, stdevs=0.15, target=target, abs=False
    ),
}
for label, task in tasks.items():
    times = []
    for _ in range(1 if "50" in label else 9):
        start = (time.perf_counter(), time.process_time())
        task()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, cpu = (sorted(column)[len(times) // 2] for column in zip(*times))
    print(f"{name} {label}: {wall:.3f} s, processor {cpu:.3f} s", flush=True)
