"""What follows pretraining, by scikit-learn, PyTorch and rasterio, in turns with the benchmark: a line of JSON for each
line of its input. `{"task": NAME, "threads": N, ...}` runs a task once and answers with its seconds,
`{"task": "NAME check", ...}` with what the benchmark compares.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.windows import Window
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from unet_att_d import UnetAttD

CLASSES = 6
WINDOW, OVERLAP, STRIDE = 256, 64, 192
# Windows of a row that are predicted together, as ours are.
TOGETHER = 4
prepared = {}


def once(name, make):
    """What `make` gives the first time."""
    if name not in prepared:
        prepared[name] = make()
    return prepared[name]


def timed(run):
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def rows_of(file):
    return once(file, lambda: load_file(file))


def probe(request):
    rows = rows_of(request["file"])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    with threadpool_limits(request["threads"]):
        seconds, prepared["probe"] = timed(lambda: pipeline.fit(rows["features"], rows["labels"]))
    return {"seconds": seconds}


def probe_check(request):
    """The objective of the probe and of the benchmark's weights, which are for features as they are."""
    rows = rows_of(request["file"])
    features = rows["features"].astype(np.float64)
    mean, scale = features.mean(0), features.std(0)
    features = (features - mean) / scale
    labels = rows["labels"]

    def objective(weight, bias):
        logits = features @ weight + bias
        logits -= logits.max(1, keepdims=True)
        losses = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]
        return losses.mean() + (weight**2).sum() / 2 / len(labels)

    given = load_file(request["given"])
    weight, bias = given["weight"].astype(np.float64), given["bias"].astype(np.float64)
    fitted = prepared["probe"][-1]
    return {
        "ours": objective(weight * scale[:, None], bias + mean @ weight),
        "theirs": objective(fitted.coef_.T.astype(np.float64), fitted.intercept_.astype(np.float64)),
    }


def forest(request):
    rows, fitted = rows_of(request["file"]), request["fitted"]
    features, labels = rows["features"], rows["labels"]
    model = RandomForestClassifier(n_jobs=request["threads"], random_state=0)
    run = lambda: model.fit(features[:fitted], labels[:fitted]).predict_proba(features[fitted:])
    seconds, probabilities = timed(run)
    prepared["forest"] = float((probabilities.argmax(1) == labels[fitted:]).mean())
    return {"seconds": seconds}


class Segmenter(torch.nn.Module):
    """The network without its last layer, and batch norm and a 1×1 convolution in its place."""

    def __init__(self, folder):
        super().__init__()
        config = json.loads((Path(folder) / "config.json").read_text())
        self.network = UnetAttD(**{**config, "dropout_rate": 0.0})
        self.network.output_conv = torch.nn.Identity()
        width = config["filter_config"][0]
        self.head = torch.nn.Sequential(torch.nn.BatchNorm2d(width), torch.nn.Conv2d(width, CLASSES, 1))
        weights = load_tensors(Path(folder) / "segmenter.safetensors")
        of_head = {"head.norms.0.": "head.0.", "head.convs.0.": "head.1."}
        named = {}
        for name, tensor in weights.items():
            prefix = next((prefix for prefix in of_head if name.startswith(prefix)), None)
            if name != "head.mix":
                named[of_head[prefix] + name[len(prefix) :] if prefix else f"network.{name}"] = tensor
        self.load_state_dict(named, strict=True)

    def forward(self, x):
        return self.head(self.network(x, torch.zeros(x.shape[0], dtype=torch.long)))


class Tuning:
    """Fine-tuning on running statistics, the head on those of the batch."""

    def __init__(self, request):
        self.model = Segmenter(request["folder"]).train()
        self.model.network.eval()
        self.model.network.requires_grad_(not request["frozen"])
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=1e-2)
        batch = load_tensors(request["file"])
        self.images = batch["images"].permute(0, 3, 1, 2).contiguous()
        self.labels = batch["labels"].long()

    def steps(self, count):
        losses = []
        for _ in range(count):
            self.optimizer.zero_grad()
            logits = self.model(self.images)
            loss = torch.nn.functional.cross_entropy(logits, self.labels, ignore_index=255)
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return losses


def tuning(request):
    torch.set_num_threads(request["threads"])
    run = once("tuning", lambda: Tuning(request))
    seconds, _ = timed(lambda: run.steps(request["steps"]))
    return {"seconds": seconds / request["steps"]}


def lay(length):
    """First pixels of the windows along an axis, and what their pixels count: 1 in all at each pixel."""
    starts = [*range(0, length - WINDOW, STRIDE), length - WINDOW]
    margin = OVERLAP // 8
    towards = np.clip((np.arange(WINDOW) + 0.5 - margin) / (OVERLAP - 2 * margin), 0, 1)
    weights = []
    for start in starts:
        weight = np.ones(WINDOW)
        if start > 0:
            weight = np.minimum(weight, towards)
        if start < length - WINDOW:
            weight = np.minimum(weight, towards[::-1])
        weights.append(weight)
    total = np.zeros(length)
    for start, weight in zip(starts, weights):
        total[start : start + WINDOW] += weight
    pairs = zip(starts, weights)
    return [(start, (weight / total[start : start + WINDOW]).astype(np.float32)) for start, weight in pairs]


def draw_map(model, request, target):
    mean = np.float32(request["mean"])[:, None, None]
    deviation = np.float32(request["deviation"])[:, None, None]
    with rasterio.open(request["file"]) as source, torch.inference_mode():
        total = np.zeros((CLASSES, source.height, source.width), np.float32)
        for top, down in lay(source.height):
            row = lay(source.width)
            for first in range(0, len(row), TOGETHER):
                group = row[first : first + TOGETHER]
                windows = [source.read(window=Window(left, top, WINDOW, WINDOW)) for left, _ in group]
                x = torch.from_numpy((np.stack(windows) - mean) / deviation)
                for (left, across), probabilities in zip(group, torch.softmax(model(x), 1).numpy()):
                    weight = down[:, None] * across[None]
                    total[:, top : top + WINDOW, left : left + WINDOW] += probabilities * weight
        classes = total.argmax(0).astype(np.uint8)
        profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 255}
        place = {"crs": source.crs, "transform": source.transform}
        size = {"height": source.height, "width": source.width}
        with rasterio.open(target, "w", **profile, **place, **size) as written:
            written.write(classes, 1)
    return classes


def scene_map(request):
    torch.set_num_threads(request["threads"])
    model = once("map", lambda: Segmenter(request["folder"]).eval())
    target = Path(request["folder"]) / "map-torch.tif"
    seconds, prepared["classes"] = timed(lambda: draw_map(model, request, target))
    return {"seconds": seconds}


def map_check(request):
    with rasterio.open(request["map"]) as source:
        ours = source.read(1)
    theirs = prepared["classes"]
    return {"same": float((ours == theirs).mean()), "kinds": len(np.unique(theirs))}


TASKS = {
    "probe": probe,
    "probe check": probe_check,
    "forest": forest,
    "forest check": lambda request: {"theirs": prepared["forest"]},
    "tuning": tuning,
    "tuning check": lambda request: {"theirs": Tuning(request).steps(request["steps"])},
    "map": scene_map,
    "map check": map_check,
}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(TASKS[request["task"]](request)), flush=True)
