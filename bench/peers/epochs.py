"""Answers the benchmark, which takes turns with this process: a line of JSON for each line of its input."""

import json
import sys
import time

import numpy as np


def serve(run_epoch, read):
    """{"epoch": windows} runs one and answers with its rate; {"check": file, "chips": list} with how far the chips that
    `read` gives differ from the float32 values in the file, at most: height, width and bands of one after the other.

    The first epoch starts the workers: connections must not be opened before, which they would share.
    """
    for line in sys.stdin:
        request = json.loads(line)
        if "epoch" in request:
            start = time.perf_counter()
            seen = run_epoch(request["epoch"])
            answer = {"chipsPerSecond": seen / (time.perf_counter() - start)}
        else:
            answer = {"difference": difference(request["check"], request["chips"], read)}
        print(json.dumps(answer), flush=True)


def difference(name, chips, read):
    most = 0.0
    with open(name, "rb") as file:
        for chip in chips:
            values = read(chip).transpose(1, 2, 0)
            given = np.fromfile(file, np.float32, values.size).reshape(values.shape)
            most = max(most, float(np.abs(values - given).max()))
        if file.read(1):
            raise ValueError(f"{name} holds more than {len(chips)} chips")
    return most
