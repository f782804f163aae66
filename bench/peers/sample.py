"""Times DDIM sampling by unet_att_d in PyTorch, writes the samples and prints one line of JSON.

python bench/peers/sample.py --weights W.safetensors --noise N.safetensors --config CONFIG.json --result R.safetensors

The weights carry torch names. The noise file holds `noise` (float32 [batch, height, width, channels]), the result
file will hold `samples` of that shape. The config holds the arguments of the network; `--device` and `--precision` are
those of train_step.py.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from train_step import add_device_options, computing, report, set_up
from unet_att_d import UnetAttD

TRAINED = 1000


def sample(model, noise, steps):
    """Song et al. 2021, equation 12 with eta 0: from noise to images in [0, 1] in `steps` evenly spaced timesteps."""
    betas = torch.linspace(1e-4, 0.02, TRAINED, dtype=torch.float64)
    kept = torch.cumprod(1 - betas, 0).tolist()
    times = [round(TRAINED - i * TRAINED / steps) - 1 for i in range(steps)]
    x = noise
    for t, following in zip(times, times[1:] + [None]):
        now, then = kept[t], 1.0 if following is None else kept[following]
        predicted = model(x, torch.full((x.shape[0],), t, device=x.device)).float()
        clean = ((x - (1 - now) ** 0.5 * predicted) / now**0.5).clamp(0, 1)
        x = then**0.5 * clean + (1 - then) ** 0.5 * predicted
    return x


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--noise", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--result", required=True)
    add_device_options(parser)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    device = set_up(options)
    model = UnetAttD(**json.loads(Path(options.config).read_text()))
    model.load_state_dict(load_file(options.weights), strict=True)
    model.to(device).eval()
    noise = load_file(options.noise)["noise"].permute(0, 3, 1, 2).contiguous().to(device)

    with torch.inference_mode(), computing(options):
        sample(model, noise, 2)
        seconds = []
        for _ in range(options.runs):
            start = time.perf_counter()
            samples = sample(model, noise, options.steps).cpu()
            seconds.append((time.perf_counter() - start) / options.steps)

    save_file({"samples": samples.permute(0, 2, 3, 1).contiguous()}, options.result)
    print(
        json.dumps(
            {
                "secondsPerStep": statistics.median(seconds),
                **report(options),
            }
        )
    )


if __name__ == "__main__":
    main()
