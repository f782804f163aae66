"""Random choices and pixel values of the matrix."""

import numpy as np

SIZES = [1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 47, 64, 65, 90]
INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32"]
FLOATS = ["float32", "float64"]


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def chance(rng, probability):
    return bool(rng.random() < probability)


def bits_of(dtype):
    return np.dtype(dtype).itemsize * 8


def pixels(rng, dtype, bands, height, width, bits=None):
    """Noise, a slope, few values or one value, over the whole range of the type or of `bits` bits."""
    dtype = np.dtype(dtype)
    shape = (bands, height, width)
    kind = pick(rng, ["noise", "slope", "slope", "few", "flat"])
    if dtype.kind == "c":
        return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
    if dtype.kind == "f":
        values = rng.normal(0, 10.0 ** int(rng.integers(-3, 6)), size=shape)
        if kind == "slope":
            values = np.cumsum(np.abs(values), axis=2)
        elif kind == "few":
            values = rng.choice([0.0, -1.5, 3.25, 1e6], size=shape)
        elif kind == "flat":
            values = np.full(shape, pick(rng, [0.0, -7.5, 1e-3]))
        values = values.astype(dtype)
        if chance(rng, 0.3):
            odd = np.array([np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).max, np.finfo(dtype).tiny], dtype)
            spots = rng.random(shape) < 0.1
            values[spots] = rng.choice(odd, size=int(spots.sum()))
        return values
    low, high = (0, 2**bits - 1) if bits else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    if kind == "noise":
        return rng.integers(low, high, size=shape, dtype=dtype, endpoint=True)
    if kind == "slope":
        steps = np.add.outer(np.arange(height) * 2, np.arange(width) * 3) + rng.integers(0, 3, size=shape)
        span = high - low + 1
        return np.array(low + (steps.astype(object) * pick(rng, [1, 5, max(1, span // 300)])) % span).astype(dtype)
    if kind == "few":
        return rng.choice(np.array([low, high, (low + high) // 2, low + 1], dtype=dtype), size=shape)
    return np.full(shape, pick(rng, [low, high, (low + high) // 2]), dtype=dtype)


def size(rng):
    return pick(rng, SIZES), pick(rng, SIZES)


def blocks(rng):
    """Creation options of strips of some height, or of tiles."""
    if chance(rng, 0.5):
        return {"tiled": True, "blockxsize": pick(rng, [16, 32, 64]), "blockysize": pick(rng, [16, 32, 48])}
    return pick(rng, [{}, {"blockysize": 1}, {"blockysize": 3}, {"blockysize": 16}])


def container(rng):
    """Creation options of byte order, file format and order of bands."""
    options = {"interleave": pick(rng, ["pixel", "band"])}
    if chance(rng, 0.4):
        options["endianness"] = "BIG"
    if chance(rng, 0.25):
        options["bigtiff"] = "YES"
    return options
