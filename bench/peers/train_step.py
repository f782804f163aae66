"""Times one training step of unet_att_d in PyTorch and prints one line of JSON.

python bench/peers/train_step.py --weights W.safetensors --batch B.safetensors --config CONFIG.json --threads 2

The weights carry torch names. The batch holds `x_t` and `noise` (float32 [batch, height, width, channels])
and `t` (int32 [batch]). The config holds the arguments of the network. On a graphics processor
(`--device cuda`) `--precision` chooses float32 (`f32`), products rounded to TF32 (`tf32`) or autocast to
bfloat16 (`bf16`).
"""

import argparse
import contextlib
import json
import resource
import statistics
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from unet_att_d import UnetAttD


def peak_memory_bytes():
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def add_device_options(parser):
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", choices=("f32", "tf32", "bf16"), default="f32")


def set_up(options):
    """Sets threads and precision, and returns the device."""
    torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = options.precision == "tf32"
    torch.backends.cudnn.allow_tf32 = options.precision == "tf32"
    return torch.device(options.device)


def computing(options):
    """The context that a network computes in."""
    if options.precision != "bf16":
        return contextlib.nullcontext()
    return torch.autocast(options.device, dtype=torch.bfloat16)


def report(options):
    """What a measurement says of where it ran."""
    cuda = options.device == "cuda"
    return {
        "peakMemoryBytes": peak_memory_bytes(),
        "torchVersion": torch.__version__,
        "threads": None if cuda else torch.get_num_threads(),
        "adapter": torch.cuda.get_device_name() if cuda else None,
        "gpuMemoryBytes": torch.cuda.max_memory_reserved() if cuda else None,
    }


def network(config, weights, dropout_rate, device):
    model = UnetAttD(**{**config, "dropout_rate": dropout_rate})
    model.load_state_dict(load_file(weights), strict=True)
    return model.to(device).train()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--batch", required=True)
    parser.add_argument("--config", required=True)
    add_device_options(parser)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=2)
    options = parser.parse_args()

    device = set_up(options)
    torch.manual_seed(0)
    config = json.loads(Path(options.config).read_text())
    batch = load_file(options.batch)
    x_t, noise = (batch[name].permute(0, 3, 1, 2).contiguous().to(device) for name in ("x_t", "noise"))
    t = batch["t"].to(device)
    mse = torch.nn.functional.mse_loss

    with torch.no_grad(), computing(options):
        prediction = network(config, options.weights, 0.0, device)(x_t, t)
        first_loss = mse(prediction.double(), noise.double()).item()
    del prediction

    model = network(config, options.weights, config["dropout_rate"], device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4, weight_decay=1e-4)
    seconds = []
    for _ in range(options.warm_up + options.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        with computing(options):
            loss = mse(model(x_t, t), noise)
        loss.backward()
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - start)

    print(
        json.dumps(
            {
                "firstLoss": first_loss,
                "secondsPerStep": statistics.median(seconds[options.warm_up :]),
                **report(options),
            }
        )
    )


if __name__ == "__main__":
    main()
