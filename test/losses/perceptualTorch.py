"""Writes perceptualTorch.safetensors: a narrow network of VGG16's form with random weights, and the perceptual loss of
torch on it in float64, for four-band images of odd height and width.

    python test/losses/perceptualTorch.py   # torch 2, safetensors
"""
from pathlib import Path

import torch
from safetensors.torch import save_file

BANDS, LAYERS = [3, 0, 2], [1, 4, 12, 28]
WIDTHS = [4, 4, "pool", 5, 5, "pool", 6, 6, 6, "pool", 7, 7, 7, "pool", 8, 8, 8]

torch.manual_seed(7)
modules, channels = [], 3
for width in WIDTHS:
    if width == "pool":
        modules.append(torch.nn.MaxPool2d(2))
        continue
    modules += [torch.nn.Conv2d(channels, width, 3, padding=1), torch.nn.ReLU()]
    torch.nn.init.kaiming_normal_(modules[-2].weight)
    torch.nn.init.normal_(modules[-2].bias, std=0.2)
    channels = width
network = torch.nn.Sequential(*modules)
weights = {f"features.{name}": value.clone() for name, value in network.state_dict().items()}
network.double()

prediction, target = torch.rand(2, 3, 19, 17, 4).float()
mean = torch.tensor([0.485, 0.456, 0.406]).double()
std = torch.tensor([0.229, 0.224, 0.225]).double()


def features(images):
    x = ((images[..., BANDS] - mean) / std).permute(0, 3, 1, 2)
    outputs = []
    for i, module in enumerate(network):
        x = module(x)
        if i in LAYERS:
            outputs.append(x)
    return outputs


leaf = prediction.double().requires_grad_()
pairs = zip(features(leaf), features(target.double()))
per_sample = sum((a - b).abs().mean((1, 2, 3)) for a, b in pairs)
(per_sample * torch.tensor([1.0, 0.5, 2.0])).mean().backward()

save_file(
    weights
    | {
        "prediction": prediction.contiguous(),
        "target": target.contiguous(),
        "per_sample": per_sample.detach().float(),
        "gradient": leaf.grad.float(),
    },
    Path(__file__).with_suffix(".safetensors"),
    metadata={
        "bands": str(BANDS),
        "layers": str([f"features.{i}" for i in LAYERS]).replace("'", '"'),
        "weights": "[1, 0.5, 2]",
    },
)
print(per_sample)
