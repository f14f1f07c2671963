"""Trains the network of bench/train.ts with PyTorch; called by it with a file of images, initial weights and batch order."""

import math
import sys
import time

import torch
from safetensors import safe_open
from torch import nn


class SmallCnn(nn.Module):
    def __init__(self, channels, features, classes, widths=(16, 32, 64)):
        super().__init__()
        before = [channels, *widths]
        for i, width in enumerate(widths, start=1):
            setattr(self, f"conv{i}", nn.Conv2d(before[i - 1], width, 3, stride=1 if i == 1 else 2, padding=1, bias=False))
            setattr(self, f"norm{i}", nn.BatchNorm2d(width))
        self.fc = nn.Linear(features, classes)
        self.depth = len(widths)

    def forward(self, x):
        for i in range(1, self.depth + 1):
            x = torch.relu(getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x)))
        return self.fc(nn.functional.avg_pool2d(x, 2).flatten(1))


class Block(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        self.stride = stride

    def forward(self, x):
        branch = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(branch + (self.downsample(x) if self.stride > 1 else x))


class SmallResnet(nn.Module):
    def __init__(self, channels, classes, widths=(32, 64, 128)):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        before = [widths[0], *widths]
        for i, width in enumerate(widths):
            setattr(self, f"layer{i + 1}", nn.Sequential(Block(before[i], width, 1 if i == 0 else 2)))
        self.fc = nn.Linear(widths[-1], classes)
        self.depth = len(widths)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        for i in range(self.depth):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


file = safe_open(sys.argv[1], "pt")
settings = {key: float(value) for key, value in file.metadata().items()}
tensors = {key: file.get_tensor(key) for key in file.keys()}
epochs, batch = int(settings["epochs"]), int(settings["batch"])
torch.set_num_threads(int(settings["threads"]))
classes, features = tensors["fc.weight"].shape
channels = tensors["train.images"].shape[1]
net = SmallResnet(channels, classes) if "bn1.weight" in tensors else SmallCnn(channels, features, classes)
net.load_state_dict({k: tensors[k] if k in tensors else v for k, v in net.state_dict().items()})
optimizer = torch.optim.SGD(net.parameters(), lr=settings["rate"], momentum=settings["momentum"])
images, labels = tensors["train.images"], tensors["train.labels"]
for epoch in range(epochs):
    for group in optimizer.param_groups:
        group["lr"] = settings["rate"] * (1 + math.cos(math.pi * epoch / epochs)) / 2
    start, processor = time.perf_counter(), time.process_time()
    net.train()
    total, right = 0.0, 0
    for chosen in tensors[f"order.{epoch}"].long().split(batch):
        x, y = images[chosen], labels[chosen]
        optimizer.zero_grad()
        scores = net(x)
        loss = nn.functional.cross_entropy(scores, y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        right += (scores.argmax(1) == y).sum().item()
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    net.eval()
    with torch.no_grad():
        test = (net(tensors["test.images"]).argmax(1) == tensors["test.labels"]).float().mean().item()
    print(f"PyTorch  epoch {epoch + 1}  loss {total / len(labels):.4f}  training {100 * right / len(labels):.2f} %  "
          f"test {100 * test:.2f} %  {seconds:.2f} s, {processor:.2f} s of processor")
