"""Pictures a second of one process and of the engines, and what they cost: prints the table of docs/scale.md.

    python examples/measure.py ../measured --pictures 200 --repeats 2

Each program runs in its turn on a few and on all pictures, and again as often as --repeats says. Its rate is what the
further pictures took; its start is what the run on the few took beyond that. Processor time is of all its processes and
is disturbed less than time on the clock where others use the machine. Numbers are medians.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

import numpy as np
import psutil
from PIL import Image, ImageEnhance

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parent / "fixtures/efficientnet-lite0/efficientnet-lite0.onnx"
PHOTOGRAPHS = ["chelsea.png", "china.png", "coffee.png", "rocket.jpg"]
CLI = ["node", str(HERE.parent / "dist/src/cli/main.js")]
FEW = 16


def make_pictures(folder, count):
    """Crops of the photographs, no two alike, as JPEG files."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for i in range(count):
        with Image.open(HERE.parent / "fixtures/images" / PHOTOGRAPHS[i % 4]) as photograph:
            width, height = photograph.size
            left, top = (int(random.integers(0, side // 8)) for side in photograph.size)
            crop = photograph.convert("RGB").crop((left, top, left + width * 7 // 8, top + height * 7 // 8))
        ImageEnhance.Brightness(crop).enhance(random.uniform(0.8, 1.2)).save(folder / f"{i:05}.jpg", quality=92)


def programs(model, workers):
    """What is measured: from a folder of pictures and one for results to a command."""
    python, w = sys.executable, str(workers)
    single = lambda threads: (
        lambda pictures, out: [python, f"{HERE}/explain_folder.py", model, pictures, out, "--threads", threads]
    )
    node = lambda threads: (
        lambda pictures, out: [*CLI, "explain", str(MODEL), pictures, "-o", out, "--threads", threads, "--quiet"]
    )
    engine = lambda name, *words: (
        lambda pictures, out: [python, f"{HERE}/{name}/explain_on_{name}.py", model, pictures, out, *words]
    )
    return {
        "one process, Python, 1 thread": single("1"),
        f"one process, Python, {w} threads": single(w),
        "one process, fullgrad explain, 1 thread": node("1"),
        f"one process, fullgrad explain, {w} threads": node(w),
        f"Spark, local[{w}]": engine("spark", "--master", f"local[{w}]"),
        f"Beam, {w} workers": engine("beam", "--workers", w),
        f"Ray, {w} actors": engine("ray", "--workers", w),
    }


class Usage:
    """Processor time of a process and of all that it starts, and the most memory of one that holds a session."""

    def __init__(self):
        self.seconds, self.workers, self.largest = {}, set(), 0

    def look(self, root):
        for process in [root, *root.children(recursive=True)]:
            key = process.pid, process.create_time()
            try:
                times = process.cpu_times()
                if key in self.workers or (key in self.seconds and is_worker(process)):
                    self.workers.add(key)
                    self.largest = max(self.largest, process.memory_info().rss)
                self.seconds[key] = times.user + times.system
            except psutil.Error:
                continue


def is_worker(process):
    """True for what holds a session: by what is mapped into it, as the engines name their processes in many ways."""
    maps = pathlib.Path(f"/proc/{process.pid}/maps")
    try:
        return "onnxruntime" in maps.read_text()
    except OSError:
        return False


def run(command, out):
    shutil.rmtree(out, ignore_errors=True)
    usage, start = Usage(), time.perf_counter()
    with open(f"{out}.log", "w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
        root = psutil.Process(child.pid)
        while child.poll() is None:
            usage.look(root)
            time.sleep(0.2)  # what has ended since the last look is not counted in full
    if child.returncode != 0:
        raise RuntimeError(f"{command}: exit code {child.returncode}, see {out}.log")
    return {"wall": time.perf_counter() - start, "cpu": sum(usage.seconds.values()), "memory": usage.largest}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="for pictures and results; made anew")
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="programs whose name contains this")
    arguments = parser.parse_args()
    folder, count = arguments.folder.resolve(), arguments.pictures
    shutil.rmtree(folder, ignore_errors=True)
    make_pictures(folder / "few", FEW)
    make_pictures(folder / "all", count)
    model = str(folder / "model.fullgrad.onnx")
    preprocessing = str(MODEL.with_suffix(".preprocess.json"))
    subprocess.run([*CLI, "convert", str(MODEL), "--to", "onnx", "--preprocess", preprocessing, "-o", model], check=True)
    chosen = {name: f for name, f in programs(model, arguments.workers).items() if arguments.only in name}
    measured = {name: [] for name in chosen}
    for turn in range(arguments.repeats):
        for name, command in chosen.items():
            few, every = (run(command(str(folder / which), f"{folder}/out"), f"{folder}/out") for which in ("few", "all"))
            measured[name].append((few, every))
            times = ", ".join(f"{r['wall']:.1f} s, processor {r['cpu']:.1f} s" for r in (few, every))
            print(f"{turn} {name}: {times}", file=sys.stderr, flush=True)
        (folder / "measured.json").write_text(json.dumps(measured, indent=1))
    report(measured, count)


def report(measured, count):
    further = count - FEW
    versions = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    print(f"{count} pictures, {FEW} in the short run; {versions}; load at the end {os.getloadavg()[0]:.1f}\n")
    print("| program | pictures/s | range | processor ms a picture | start, s | start, processor s | a worker's memory, MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, runs in measured.items():
        wall = [(every["wall"] - few["wall"]) / further for few, every in runs]
        cpu = [(every["cpu"] - few["cpu"]) / further for few, every in runs]
        start = {k: statistics.median(few[k] - FEW * (every[k] - few[k]) / further for few, every in runs) for k in ("wall", "cpu")}
        memory = max(every["memory"] for _, every in runs)
        rates = sorted(1 / seconds for seconds in wall)
        cells = [
            f"{1 / statistics.median(wall):.1f}",
            f"{rates[0]:.1f}–{rates[-1]:.1f}",
            f"{1000 * statistics.median(cpu):.0f}",
            f"{start['wall']:.1f}",
            f"{start['cpu']:.1f}",
            f"{memory / 1e6:.0f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
