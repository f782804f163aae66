"""Compares unet_att_d.py with every reference case: `python bench/peers/check_fixtures.py test/fixtures/unet`."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from unet_att_d import UnetAttD

TOLERANCE = 1e-3


def nchw(x):
    return x.movedim(-1, -3).contiguous()


def nhwc(x):
    return x.movedim(-3, -1)


def network(config, state):
    model = UnetAttD(**config)
    model.load_state_dict(state, strict=True)
    return model


def close(name, got, want, tolerance=TOLERANCE):
    excess = ((got - want).abs() - tolerance * (1 + want.abs())).max().item()
    print(f"  {name}: largest difference {(got - want).abs().max().item():.1e}")
    if not excess <= 0:
        raise SystemExit(f"{name} differs from the reference")


def check_case(root, case):
    print(case["name"])
    state = load_file(root / f"{case['name']}.state.safetensors")
    io = load_file(root / f"{case['name']}.io.safetensors")
    model = network(case["config"], state)
    x, t, target = nchw(io["input"]), io["t"], nchw(io["target"])
    if len(state) != case["state_dict_entries"]:
        raise SystemExit("wrong number of entries")
    if sum(p.numel() for p in model.parameters()) != case["parameter_count"]:
        raise SystemExit("wrong parameter count")
    with torch.no_grad():
        close("output_eval", nhwc(model.eval()(x, t)), io["output_eval"])
    output = model.train()(x, t)
    close("output_train", nhwc(output.detach()), io["output_train"])
    loss = torch.nn.functional.mse_loss(output, target)
    loss.backward()
    close("mse_train", loss.detach(), torch.tensor(case["mse_train"]), 1e-4)
    after = model.state_dict()
    worst = max((after[k[9:]] - v).abs().max().item() for k, v in io.items() if k.startswith("bn_after/"))
    print(f"  bn_after: largest difference {worst:.1e}")
    if worst > 1e-4:
        raise SystemExit("bn_after differs from the reference")
    zero = set(case["zero_gradient_params"])
    file = root / f"{case['name']}.grads.safetensors"
    gradients = load_file(file) if file.exists() else {}
    for name, parameter in model.named_parameters():
        norm, want = parameter.grad.norm().item(), case["grad_l2_norms"][name]
        wrong = norm > 1e-4 if name in zero else abs(norm - want) > 5e-3 * want + 1e-5
        if name in gradients and name not in zero:
            wrong |= (parameter.grad - gradients[name]).norm().item() > 5e-3 * want + 1e-5
        if wrong:
            raise SystemExit(f"gradient of {name}: norm {norm}, reference {want}")
    print(f"  {len(case['grad_l2_norms'])} gradient norms, {len(gradients)} gradients")


def check_trajectory(root):
    print("trajectory")
    run = json.loads((root / "trajectory.json").read_text())
    data = load_file(root / "trajectory.data.safetensors")
    model = network(run["config"], load_file(root / "trajectory.init.safetensors"))
    seen = {}
    for name, child in model.named_children():
        child.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
    activations = load_file(root / "trajectory.activations.safetensors")
    with torch.no_grad():
        model.eval()(nchw(activations["x_t"]), activations["t"])
    for name, want in activations.items():
        if name not in ("x_t", "t"):
            close(name, seen[name] if want.dim() == 2 else nhwc(seen[name]), want)
    schedule, options = run["schedule"], dict(run["optimizer"])
    options.pop("name")
    betas = torch.linspace(schedule["beta_start"], schedule["beta_end"], schedule["timesteps"])
    alpha_bars = torch.cumprod(1 - betas, 0)
    optimizer = torch.optim.AdamW(model.parameters(), **options)
    model.train()
    losses = []
    for noise, t in zip(data["noise"], data["t"]):
        bar = alpha_bars[t.long()][:, None, None, None]
        x_t = bar.sqrt() * data["x0"] + (1 - bar).sqrt() * noise
        loss = torch.nn.functional.mse_loss(model(nchw(x_t), t), nchw(noise))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    close("losses", torch.tensor(losses), torch.tensor(run["losses"]), 2e-4)
    final = load_file(root / "trajectory.final.safetensors")
    noisy = set(run["noise_driven_entries"])
    pairs = [(v, final[k]) for k, v in model.state_dict().items() if k not in noisy]
    within = torch.cat([((a - b).abs() <= 1e-4 * (1 + b.abs())).flatten() for a, b in pairs])
    print(f"  final state: {within.float().mean().item():.4%} within 1e-4")
    if within.float().mean() < 0.995:
        raise SystemExit("final state differs from the reference")


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "test/fixtures/unet")
    for entry in json.loads((folder / "cases.json").read_text())["cases"]:
        check_case(folder, entry)
    check_trajectory(folder)
    print("all agree")
