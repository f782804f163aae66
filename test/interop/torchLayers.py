"""PyTorch's side of torchLayers.test.ts: `python torchLayers.py FOLDER`.

Builds torch's module for each layer that LAYERS names, loads the weights of FOLDER/NAME.safetensors into it, and writes
what it makes of the tensor `x` in that file as FOLDER/NAME.output.safetensors. Channels are last in `x` and the output.
"""

import sys
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn

LAYERS = {
    "conv1d": nn.Conv1d(3, 4, 3),
    "conv2d": nn.Conv2d(3, 4, (2, 3), stride=2),
    "conv2dTranspose": nn.ConvTranspose2d(3, 4, (2, 3), stride=2),
    "depthwiseConv2d": nn.Conv2d(3, 6, (2, 3), groups=3),
    "dense": nn.Linear(3, 4),
}

folder = Path(sys.argv[1])
for name, module in LAYERS.items():
    tensors = load_file(folder / f"{name}.safetensors")
    x = tensors.pop("x")
    module.load_state_dict(tensors, strict=True)
    if name != "dense":
        x = x.movedim(-1, 1)
    y = module(x).detach()
    if name != "dense":
        y = y.movedim(1, -1)
    save_file({"y": y.contiguous()}, folder / f"{name}.output.safetensors")
