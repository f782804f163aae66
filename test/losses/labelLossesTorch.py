"""Writes labelLossesTorch.json: losses over labels and their gradients, in float64 by torch's own functions where it
has them, else by their published formulas: Dice as segmentation_models_pytorch 0.5 has it (DiceLoss, mode
"multiclass"), focal as in Lin et al. 2017 for a softmax.

    python test/losses/labelLossesTorch.py   # torch 2
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(11)
BATCH, HEIGHT, WIDTH, CLASSES = 2, 3, 4, 5
logits = (2 * torch.randn(BATCH, HEIGHT, WIDTH, CLASSES)).float()
# Class 3 occurs in no label.
labels = torch.tensor([0, 1, 2, 4])[torch.randint(0, 4, (BATCH, HEIGHT, WIDTH))]
labels[0, 0, 1] = labels[1, 2, 3] = labels[1, 1, 1] = 255
weights = [0.5, 1.0, 2.0, 3.0, 0.25]
targets = (torch.rand(BATCH, CLASSES) < 0.4).float()


def cross_entropy(x, ignore_index=-100, class_weights=None, label_smoothing=0.0, reduction="mean"):
    weight = None if class_weights is None else torch.tensor(class_weights).double()
    return F.cross_entropy(x.permute(0, 3, 1, 2), labels, weight, ignore_index=ignore_index,
                           label_smoothing=label_smoothing, reduction=reduction)


def dice(x, ignore_index, smooth=0.0, class_weights=None):
    mask = (labels != ignore_index).unsqueeze(-1)
    p = x.log_softmax(-1).exp() * mask
    y = F.one_hot(labels * mask[..., 0], CLASSES) * mask
    dims = (0, 1, 2)
    intersection, cardinality = (p * y).sum(dims), (p + y).sum(dims)
    loss = 1 - (2 * intersection + smooth) / (cardinality + smooth).clamp_min(1e-7)
    loss = loss * (y.sum(dims) > 0)
    return (loss * torch.tensor(class_weights or [1.0] * CLASSES).double()).mean()


def focal(x, ignore_index, gamma=2.0, class_weights=None, reduction="mean"):
    counts = labels != ignore_index
    log_p = x.log_softmax(-1)[counts].gather(1, labels[counts].unsqueeze(1)).squeeze(1)
    w = torch.tensor(class_weights or [1.0] * CLASSES).double()[labels[counts]]
    losses = -w * (1 - log_p.exp()) ** gamma * log_p
    return losses.sum() if reduction == "sum" else losses.sum() / w.sum()


def binary(x, positive_weights=None):
    weight = None if positive_weights is None else torch.tensor(positive_weights).double()
    return F.binary_cross_entropy_with_logits(x[:, 0, 0], targets.double(), pos_weight=weight)


FUNCTIONS = {"crossEntropy": cross_entropy, "diceLoss": dice, "focalLoss": focal, "binaryCrossEntropy": binary}
CASES = [
    ("crossEntropy", {"ignore_index": 255}),
    ("crossEntropy", {"ignore_index": 255, "class_weights": weights}),
    ("crossEntropy", {"ignore_index": 255, "label_smoothing": 0.1}),
    ("crossEntropy", {"ignore_index": 255, "class_weights": weights, "label_smoothing": 0.3}),
    ("crossEntropy", {"ignore_index": 255, "class_weights": weights, "reduction": "sum"}),
    ("diceLoss", {"ignore_index": 255}),
    ("diceLoss", {"ignore_index": 255, "smooth": 1.0, "class_weights": weights}),
    ("focalLoss", {"ignore_index": 255}),
    ("focalLoss", {"ignore_index": 255, "gamma": 0.5, "class_weights": weights}),
    ("focalLoss", {"ignore_index": 255, "gamma": 3.0, "class_weights": weights, "reduction": "sum"}),
    ("binaryCrossEntropy", {}),
    ("binaryCrossEntropy", {"positive_weights": weights}),
]

cases = []
for name, options in CASES:
    x = logits.double().requires_grad_()
    value = FUNCTIONS[name](x, **options)
    (gradient,) = torch.autograd.grad(value, x)
    if name == "binaryCrossEntropy":
        gradient = gradient[:, 0, 0]
    cases.append({"loss": name, "options": options, "value": value.item(), "gradient": gradient.flatten().tolist()})

flat = lambda tensor: {"shape": list(tensor.shape), "data": tensor.flatten().tolist()}
content = {"logits": flat(logits), "labels": flat(labels), "targets": flat(targets), "cases": cases}
Path(__file__).with_suffix(".json").write_text(json.dumps(content) + "\n")
