"""PyTorch's side of pytorch.test.ts: `python torchPeer.py FOLDER`, with bench/peers in PYTHONPATH.

For each network of FOLDER/cases.json: loads NAME.here.safetensors with strict=True, predicts, takes a training step as
torch does it, predicts again, and writes the weights as NAME.torch.safetensors, and as NAME.pth from a DataParallel.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from unet_att_d import UnetAttD


def predict(model, x, t):
    with torch.no_grad():
        return model.eval()(x, t).permute(0, 2, 3, 1).contiguous()


folder = Path(sys.argv[1])
for case in json.loads((folder / "cases.json").read_text()):
    name = case["name"]
    model = UnetAttD(**case["config"])
    model.load_state_dict(load_file(folder / f"{name}.here.safetensors"), strict=True)
    batch = load_file(folder / f"{name}.batch.safetensors")
    x, t = batch["x"].permute(0, 3, 1, 2).contiguous(), batch["t"]
    outputs = {"here": predict(model, x, t)}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()(x, t).square().mean().backward()
    optimizer.step()
    outputs["torch"] = predict(model, x, t)
    save_file(outputs, folder / f"{name}.outputs.safetensors")
    save_file(model.state_dict(), folder / f"{name}.torch.safetensors")
    torch.save(torch.nn.DataParallel(model).state_dict(), folder / f"{name}.pth")
