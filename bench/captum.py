"""captum's time for the same methods, for comparison: PyTorch on the CPU, two threads, one image.

    python bench/captum.py [MODEL]        a name of torchvision, resnet50 unless given
"""

import sys
import time

import torch
import torchvision
from captum.attr import IntegratedGradients, NoiseTunnel, Saliency

torch.set_num_threads(2)
name = sys.argv[1] if len(sys.argv) > 1 else "resnet50"
model = torchvision.models.get_model(name).eval()
x = torch.randn(1, 3, 224, 224)
target = 3
BATCH = 4

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
    task()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    print(f"{name} {label}: {sorted(times)[1]:.3f} s")
