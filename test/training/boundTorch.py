"""Writes boundTorch.safetensors: terms of the variational bound and the hybrid loss' gradient, by torch in float64.

    python boundTorch.py

The distributions, their divergence and their densities are torch.distributions'; the probability of a level is the
difference of a normal distribution function in its approximation by tanh, as in the published bits per dimension.
"""

import math

import torch
from safetensors.torch import save_file

torch.manual_seed(0)
STEPS, BATCH, SIDE, CHANNELS = 20, 6, 3, 2
BITS = math.log(2)

betas = torch.linspace(1e-3, 0.25, STEPS, dtype=torch.float64)
alpha_bars = torch.cumprod(1 - betas, 0)
previous = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bars[:-1]])
posterior_variance = betas * (1 - previous) / (1 - alpha_bars)
clipped_variance = torch.cat([posterior_variance[1:2], posterior_variance[1:]])

t = torch.tensor([0, 1, 7, 19, 0, 12])
at = lambda values: values[t].reshape(-1, 1, 1, 1)
shape = (BATCH, SIDE, SIDE, CHANNELS)
# Bytes as values from -1 to 1, both ends among them.
x0 = torch.randint(0, 256, shape) / 127.5 - 1
x0[0, 0, 0, 0], x0[0, 0, 0, 1] = -1, 1
x0 = x0.double()
noise = torch.randn(shape, dtype=torch.float64)
x_t = at(alpha_bars).sqrt() * x0 + (1 - at(alpha_bars)).sqrt() * noise
output = torch.cat([noise + 0.2 * torch.randn(shape), 0.8 * torch.randn(shape)], -1).double()


def posterior_mean(clean):
    share = at(previous).sqrt() * at(betas) / (1 - at(alpha_bars))
    rest = (1 - at(betas)).sqrt() * (1 - at(previous)) / (1 - at(alpha_bars))
    return share * clean + rest * x_t


def cdf(x):
    return 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def probability(x, mean, deviation):
    upper, lower = cdf((x + 1 / 255 - mean) / deviation), cdf((x - 1 / 255 - mean) / deviation)
    inner = torch.where(x > 0.999, 1 - lower, upper - lower)
    return torch.where(x < -0.999, upper, inner).clamp(min=1e-12)


def terms(prediction, variance, discrete):
    clean = (x_t - (1 - at(alpha_bars)).sqrt() * prediction) / at(alpha_bars).sqrt()
    reverse = torch.distributions.Normal(posterior_mean(clean), variance.sqrt())
    posterior = torch.distributions.Normal(posterior_mean(x0), at(clipped_variance).sqrt())
    divergence = torch.distributions.kl_divergence(posterior, reverse)
    if discrete:
        encoding = -probability(x0, reverse.mean, reverse.stddev).log()
    else:
        encoding = -reverse.log_prob(x0)
    first = (t == 0).reshape(-1, 1, 1, 1)
    return torch.where(first, encoding, divergence).mean((1, 2, 3)) / BITS


def learned(v):
    share = (v + 1) / 2
    return torch.exp(share * at(betas).log() + (1 - share) * at(clipped_variance).log())


prediction, v = output.split(CHANNELS, -1)
result = {"t": t.int(), "x0": x0, "noise": noise, "x_t": x_t, "output": output}
full = torch.ones(shape, dtype=torch.float64)
for name, variance in {
    "fixed_small": at(clipped_variance) * full,
    "fixed_large": at(betas) * full,
    "learned_range": learned(v),
}.items():
    for discrete in (False, True):
        result[f"{name}/{'levels' if discrete else 'density'}"] = terms(prediction, variance, discrete)

# L_hybrid = L_simple + 0.001 T L_vlb, whose second part does not move the mean.
for discrete in (False, True):
    leaf = output.clone().requires_grad_()
    prediction, v = leaf.split(CHANNELS, -1)
    bound = terms(prediction.detach(), learned(v), discrete)
    loss = ((prediction - noise) ** 2).mean() + 0.001 * STEPS * bound.mean()
    loss.backward()
    kind = "levels" if discrete else "density"
    result[f"hybrid/{kind}"], result[f"hybrid_gradient/{kind}"] = loss.detach().reshape(1), leaf.grad

save_file({name: value.float().contiguous() if value.is_floating_point() else value for name, value in result.items()},
          "boundTorch.safetensors")
