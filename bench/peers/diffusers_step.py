"""Times a step of one of diffusers' networks in PyTorch and prints one line of JSON.

python bench/peers/diffusers_step.py --task TASK.json --threads 2 --steps 5

The task is a `DiffusersTask`. Beside it lie `weights.safetensors` and `inputs.safetensors`: x, noise (float32
[batch, height, width, channels]), t (int32 [batch]) and, where the network attends to them, tokens.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import diffusers
import torch
from safetensors.torch import load_file, save_file

from train_step import report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    options.device = "cpu"

    torch.set_num_threads(options.threads)
    folder = Path(options.task).parent
    task = json.loads(Path(options.task).read_text())
    model = getattr(diffusers, task["className"]).from_config(task["config"])
    model.load_state_dict(load_file(folder / "weights.safetensors"), strict=True)
    inputs = load_file(folder / "inputs.safetensors")
    x, noise = (inputs[name].permute(0, 3, 1, 2).contiguous() for name in ("x", "noise"))
    t = inputs["t"]
    what = task["what"]
    model.train(what == "train")

    def run():
        if what == "encode":
            return model.encode(x).latent_dist.mean
        if what == "decode":
            return model.decode(x).sample
        if "tokens" in inputs:
            return model(x, t, encoder_hidden_states=inputs["tokens"]).sample
        return model(x, t, class_labels=torch.arange(task["batch"]) % 10).sample

    with torch.no_grad():
        first = run().permute(0, 2, 3, 1).contiguous()
    save_file({"result": first}, folder / f"result-pytorch-{options.threads}.safetensors")

    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4, weight_decay=1e-4)
    seconds, processors = [], []
    for _ in range(options.steps + 1):
        start, before = time.perf_counter(), time.process_time()
        if what == "train":
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(run(), noise)
            loss.backward()
            optimizer.step()
            loss.item()
        else:
            with torch.no_grad():
                run()
        seconds.append(time.perf_counter() - start)
        processors.append(time.process_time() - before)

    medians = [statistics.median(values[1:]) for values in (seconds, processors)]
    print(json.dumps({"secondsPerStep": medians[0], "processorSecondsPerStep": medians[1], **report(options)}))


if __name__ == "__main__":
    main()
