"""Times a pass of unet_att_d in PyTorch that reads features by hooks, writes them and prints one line of JSON.

python bench/peers/features.py --weights W.safetensors --noise N.safetensors --config CONFIG.json --result R.safetensors

The weights carry torch names. The noise file holds `noise` (float32 [batch, height, width, channels]), which stands for
images; the result file will hold the features of these without noise. The config holds the arguments of the network;
`--device` and `--precision` are those of train_step.py.
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

TIMESTEPS = (50, 150, 250)
LAYERS = ("conv3", "conv4", "conv5")


def extract(model, images, noise):
    """Activations of the layers at the timesteps, of images with the same noise for each or with none."""
    features = {}
    t = TIMESTEPS[0]

    def keep(name):
        return lambda module, inputs, output: features.__setitem__(f"{t}.{name}", output)

    hooks = [getattr(model, name).register_forward_hook(keep(name)) for name in LAYERS]
    kept = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0).tolist()
    for t in TIMESTEPS:
        noisy = images if noise is None else kept[t] ** 0.5 * images + (1 - kept[t]) ** 0.5 * noise
        model(noisy, torch.full((images.shape[0],), t, device=images.device))
    for hook in hooks:
        hook.remove()
    return {name: value.float().cpu() for name, value in features.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--noise", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--result", required=True)
    add_device_options(parser)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()

    device = set_up(options)
    model = UnetAttD(**json.loads(Path(options.config).read_text()))
    model.load_state_dict(load_file(options.weights), strict=True)
    model.to(device).eval()
    images = load_file(options.noise)["noise"].permute(0, 3, 1, 2).contiguous().to(device)

    with torch.inference_mode(), computing(options):
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(images.shape[1:], generator=generator).to(device)
        extract(model, images, noise)
        seconds = []
        for _ in range(options.runs):
            start = time.perf_counter()
            extract(model, images, noise)
            seconds.append((time.perf_counter() - start) / len(TIMESTEPS))
        features = extract(model, images, None)

    save_file({name: value.permute(0, 2, 3, 1).contiguous() for name, value in features.items()}, options.result)
    print(json.dumps({"secondsPerStep": statistics.median(seconds), **report(options)}))


if __name__ == "__main__":
    main()
