"""Families of ordinary pixels: types, codecs, predictors, and all the ways to lay blocks out."""

import numpy as np
from case import Case
from pixels import FLOATS, INTEGERS, blocks, chance, container, pick, pixels, size

LOSSLESS = ["packbits", "lzw", "deflate", "zstd", "lerc", "lerc_deflate", "lerc_zstd"]
WITH_PREDICTOR = ["lzw", "deflate", "zstd"]


def _combinations():
    rows = []
    for dtype in INTEGERS + FLOATS:
        rows += [(dtype, "none", 1)] + [(dtype, codec, 1) for codec in LOSSLESS]
        rows += [(dtype, codec, 2) for codec in WITH_PREDICTOR]
        if dtype in FLOATS:
            rows += [(dtype, codec, 3) for codec in WITH_PREDICTOR]
    return rows


ROWS = _combinations()
BANDS = [1, 1, 2, 3, 4, 5, 7, 10, 13]


def describe(dtype, options):
    codec = options.get("compress", "none")
    predictor = f", predictor {options['predictor']}" if options.get("predictor", 1) > 1 else ""
    order = ", big-endian" if options.get("endianness") == "BIG" else ""
    return f"{dtype}, {codec}{predictor}{order}"


def codecs(rng, i):
    dtype, codec, predictor = ROWS[i % len(ROWS)]
    options = {**container(rng), **blocks(rng)}
    if codec != "none":
        options["compress"] = codec
    if predictor > 1:
        options["predictor"] = predictor
    if codec.startswith("lerc") and chance(rng, 0.3):
        options["max_z_error"] = pick(rng, [0.01, 0.5, 3])
    if codec == "zstd":
        options["zstd_level"] = pick(rng, [1, 9, 19])
    if codec == "deflate":
        options["zlevel"] = pick(rng, [1, 6, 9])
    height, width = size(rng)
    data = pixels(rng, dtype, pick(rng, BANDS), height, width)
    return Case(describe(dtype, options), data, options)


def lerc(rng, i):
    """LERC with NaN, with an alpha band (which it takes for its mask), and with nodata."""
    kind = ["nan", "alpha", "nodata", "flat"][i % 4]
    options = {"compress": pick(rng, ["lerc", "lerc_deflate", "lerc_zstd"]), **container(rng), **blocks(rng)}
    height, width = size(rng)
    bands = pick(rng, [1, 2, 3, 4, 6])
    dtype = pick(rng, INTEGERS + FLOATS)
    if kind == "nan":
        data = pixels(rng, pick(rng, FLOATS), bands, height, width)
        gone = rng.random(data.shape[1:] if chance(rng, 0.5) else data.shape) < 0.3
        data[np.broadcast_to(gone, data.shape)] = np.nan
        if chance(rng, 0.5):
            options["nodata"] = float("nan")
    elif kind == "alpha":
        dtype = pick(rng, ["uint8", "uint16", "uint8", "float32"])
        data = pixels(rng, dtype, 4, height, width)
        data[3] = np.where(rng.random((height, width)) < 0.4, 0, 255)
        options.update(photometric="RGB", alpha="YES")
    else:
        data = pixels(rng, dtype, bands, height, width)
        if kind == "flat":
            data[:] = data[0, 0, 0]
        else:
            value = data[0, 0, 0]
            if np.isfinite(value):
                options["nodata"] = value.item()
    return Case(f"{data.dtype.name}, {options['compress']}, {kind}", data, options)


def jpeg(rng, i):
    kind = ["gray", "YCBCR", "RGB", "YCBCR", "bands", "alpha", "12 bits", "mask"][i % 8]
    options = {"compress": "jpeg", "jpeg_quality": pick(rng, [50, 75, 90, 100]), **container(rng), **blocks(rng)}
    height, width = size(rng)
    bands = {"gray": 1, "YCBCR": 3, "RGB": 3, "bands": pick(rng, [2, 4, 5]), "alpha": 4}.get(kind, pick(rng, [1, 3]))
    if kind in ("YCBCR", "RGB"):
        options["photometric"] = kind
    if kind == "YCBCR":
        options["interleave"] = "pixel"
    if kind == "alpha":
        options.update(photometric="RGB", alpha="YES")
    if options.get("blockysize", 16) % 16:
        options.pop("blockysize")
    slope = np.add.outer(np.arange(height), np.arange(width)) * 2 % 256
    data = np.stack([np.clip(slope + rng.normal(0, 10, slope.shape) + 20 * b, 0, 255) for b in range(bands)])
    case = Case(f"jpeg, {kind}, {options['interleave']}", data.astype("uint8"), options, tolerance=2)
    if kind == "12 bits":
        case.data = (case.data * 16.0).astype("uint16")
        options["nbits"] = 12
    if kind == "mask":
        case.mask = np.where(rng.random((height, width)) < 0.6, 255, 0).astype("uint8")
        if bands == 3:
            options.update(photometric="YCBCR", interleave="pixel")
    return case


def rare_codecs(rng, i):
    codec = ["webp", "lzma", "webp lossless", "jxl", "lzma", "ccittfax4", "ccittrle", "ccittfax3"][i % 8]
    height, width = size(rng)
    options = blocks(rng)
    if codec.startswith("ccitt"):
        data = pixels(rng, "uint8", 1, height, width, bits=1)
        return Case(codec, data, {"compress": codec, "nbits": 1, **options})
    dtype = pick(rng, INTEGERS + FLOATS) if codec == "lzma" else "uint8"
    data = pixels(rng, dtype, 3, height, width)
    options.update(compress=codec.split()[0], interleave="pixel")
    if codec == "webp lossless":
        options["webp_lossless"] = "YES"
    return Case(codec, data, options, tolerance=2 if codec in ("webp", "jxl") else 0)


def wide_types(rng, i):
    dtype = ["int64", "uint64", "complex64", "int64", "uint64", "complex128"][i % 6]
    options = {**container(rng), **blocks(rng)}
    codec = pick(rng, ["none", "lzw", "deflate", "zstd"])
    if codec != "none":
        options["compress"] = codec
        if dtype.endswith("int64") and chance(rng, 0.4):
            options["predictor"] = 2
    height, width = size(rng)
    bands = pick(rng, [1, 2, 4])
    if dtype.endswith("int64") and chance(rng, 0.8):
        data = pixels(rng, "uint32" if dtype == "uint64" else "int32", bands, height, width).astype(dtype)
        if chance(rng, 0.5):
            options["nodata"] = int(data[0, 0, 0])
    else:
        data = pixels(rng, dtype, bands, height, width)
    return Case(describe(dtype, options), data, options)
