"""Families of missing pixels: nodata in every spelling, masks, alpha, blocks never written."""

import numpy as np
import rasterio
from case import Case
from pixels import FLOATS, INTEGERS, blocks, chance, container, pick, pixels, size
from rasterio.windows import Window

TEXTS = (
    "0 1 5 255 256 -1 -9999 -9999.0 -32768 65535 0.5 5.9 -0.5 nan NaN NAN -nan +nan inf -inf INF Infinity 1e300 -1e300 "
    "-9999,0 -9999,5 1,5 5,5,5 5abc -9999;5 5. .5 5e0 5d0 -9.999e3 1e20 9.96921e+36 -3.4028234663852886e+38 "
    "3.4028235e+38 "
    "-3.40282e+38 -3.403e+38 3.4028236e+38 none N/A null abc - . 1e -- 0x10 \"5\" 1.#QNAN -1.#IND 1.#INF -1.#INF 1_000 "
    "16777217 0.1 18446744073709551615 255.5 127.5 -128.5 +5 +-5 0005 1e400 1e-400 -1.7976931348623157e+308"
).split() + ["", " ", " 5", "5 ", "\t5", "5\n", "-9999 5", "- 5", " nan", "nan ", "-9999\0\0\0\0\0\0", "5\0garbage"]
VALUES = [0, 1, 5, 255, -1, -9999, 127, -128, 65535, -32768, 1000, 3.4028234663852886e38, -3.4028234663852886e38]
FRACTIONS = [0.5, 5.5, -0.5, 0.1, 1.5, -9998.999, -9999.5, 1e20, 9.96921e36, 16777216, 16777218]
FRACTIONS += [np.nan, np.inf, -np.inf]


def nodata(rng, i):
    """Texts of the nodata tag on pixels of which many are what the text might mean."""
    text = TEXTS[i % len(TEXTS)]
    kinds = INTEGERS + FLOATS * 2 + (["int64", "uint64"] if chance(rng, 0.2) else [])
    dtype = np.dtype(pick(rng, kinds))
    if dtype.kind == "f":
        values = np.array(VALUES + FRACTIONS).astype(dtype)
    else:
        ends = np.iinfo(dtype)
        values = np.array([v for v in [*VALUES[:11], ends.min, ends.max] if ends.min <= v <= ends.max], dtype=dtype)
    height, width = size(rng)
    data = rng.choice(values, size=(pick(rng, [1, 2, 4]), height, width))
    raw = text.encode() + (b"" if chance(rng, 0.1) else b"\0")
    options = {"compress": "deflate", **container(rng), **blocks(rng)}
    edit = lambda directory: directory.set(42113, 2, raw or b"\0")
    return Case(f"{dtype.name}, nodata text {text!r}", data, options, edit=edit)


def nodata_values(rng, i):
    """GDAL's metadata item NODATA_VALUES: a value for each band."""
    bands = pick(rng, [1, 2, 3, 4])
    dtype = pick(rng, ["uint8", "uint16", "int16", "float32"])
    data = rng.integers(0, 3, size=(bands, *size(rng))).astype(dtype)
    text = " ".join(str(int(v)) for v in rng.integers(0, 3, size=bands))
    if i % 4 == 3:
        odd = [f"{text} 1", "-1 " + text[2:], text.replace(" ", ",", 1), f" {text} ", text.replace("1", "1.5")]
        text = pick(rng, odd)
    options = {"nodata": 1} if chance(rng, 0.3) else {}
    tag = lambda dataset: dataset.update_tags(NODATA_VALUES=text)
    return Case(f"NODATA_VALUES {text!r}", data, options, after=tag)


def sparse(rng, i):
    """Only some blocks are written."""
    dtype = pick(rng, ["uint8", "int16", "uint16", "float32", "float64", "int8"])
    bands = pick(rng, [1, 2, 4])
    options = {"sparse_ok": True, "tiled": True, "blockxsize": 16, "blockysize": 16, **container(rng)}
    if chance(rng, 0.4):
        options.update(tiled=False, blockysize=16)
        options.pop("blockxsize")
    codec = pick(rng, ["none", "deflate", "lzw", "zstd", "packbits"])
    if codec != "none":
        options["compress"] = codec
    height, width = pick(rng, [40, 48, 64, 65]), pick(rng, [40, 48, 64, 65])
    kind = ["none", "nodata", "nan", "mask", "alpha", "text", "msk"][i % 7]
    data = pixels(rng, dtype, bands, height, width)
    case = Case(f"sparse blocks, {kind}", data, options)
    if kind == "nodata":
        options["nodata"] = pick(rng, [0, 7, 127])
    elif kind == "nan":
        case.data = pixels(rng, pick(rng, FLOATS), bands, height, width)
        options["nodata"] = float("nan")
    elif kind in ("mask", "msk"):
        case.mask = np.where(rng.random((height, width)) < 0.8, 255, 0).astype("uint8")
        case.external_mask = kind == "msk"
    elif kind == "alpha":
        case.data = pixels(rng, "uint8", 4, height, width)
        options.update(photometric="RGB", alpha="YES")
    elif kind == "text":
        text = pick(rng, ["0.5", "5.9", "-9999", "300", "1e300", "nan", "", "-0.5", "2.5"])
        case.edit = lambda directory: directory.set(42113, 2, text.encode() + b"\0")
    across = width if not options.get("tiled") else 16
    spots = [(y, x) for y in range(0, height, 16) for x in range(0, width, across)]
    chosen = [spots[k] for k in rng.permutation(len(spots))[: pick(rng, [0, 1, 1, 2, 3])]]
    case.windows = [Window(x, y, min(across, width - x), min(16, height - y)) for y, x in chosen]
    return case


def masks(rng, i):
    """Internal masks and .msk files, alone and with nodata or alpha."""
    kinds = ["internal", "msk", "internal and nodata", "msk and nodata", "internal and alpha", "msk for some bands"]
    kind = kinds[i % len(kinds)]
    dtype = pick(rng, ["uint8", "uint16", "int16", "float32"])
    bands = pick(rng, [1, 2, 3, 4, 6])
    height, width = size(rng)
    options = {**container(rng), **blocks(rng)}
    codec = pick(rng, ["none", "deflate", "lzw", "zstd"])
    if codec != "none":
        options["compress"] = codec
    mask = np.where(rng.random((height, width)) < 0.6, 255, 0).astype("uint8")
    data = pixels(rng, dtype, bands, height, width)
    case = Case(f"mask: {kind}", data, options, mask=mask, external_mask=kind.startswith("msk"))
    if kind.endswith("nodata"):
        options["nodata"] = pick(rng, [0, 1, 7])
    if kind.endswith("alpha"):
        case.data = pixels(rng, pick(rng, ["uint8", "uint16"]), 4, height, width)
        options.update(photometric="RGB", alpha="YES")
    if kind == "msk for some bands":
        case.mask = None
        flag = pick(rng, ["0", "2"])
        flags = {f"INTERNAL_MASK_FLAGS_{band + 1}": flag for band in range(bands) if chance(rng, 0.7)}
        layers = rng.choice(np.array([0, 1, 255], "uint8"), size=(bands, height, width))
        case.msk = lambda path: _write_msk(path, layers, flags, codec)
    return case


def _write_msk(path, layers, flags, codec):
    bands, height, width = layers.shape
    compress = {} if codec == "none" else {"compress": codec}
    profile = {"driver": "GTiff", "width": width, "height": height, "count": bands, "dtype": "uint8", **compress}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(layers)
        dataset.update_tags(**flags)


def alpha(rng, i):
    bands = [2, 4, 5, 4, 3, 2][i % 6]
    dtype = pick(rng, ["uint8", "uint16", "uint8", "uint16", "int16", "float32"])
    height, width = size(rng)
    data = pixels(rng, dtype, bands, height, width)
    alpha_values = np.array([0, 1, 100, np.iinfo(dtype).max if dtype != "float32" else 1]).astype(dtype)
    data[-1] = rng.choice(alpha_values, size=(height, width))
    options = {"alpha": pick(rng, ["YES", "PREMULTIPLIED", "NON-PREMULTIPLIED"]), **container(rng), **blocks(rng)}
    options["photometric"] = "RGB" if bands > 3 and chance(rng, 0.6) else "MINISBLACK"
    if chance(rng, 0.5):
        options["compress"] = pick(rng, ["deflate", "lzw", "zstd"])
    if chance(rng, 0.25):
        options["nodata"] = 1
    case = Case(f"alpha, {bands} bands, {dtype}", data, options)
    if chance(rng, 0.2):
        extra = bands - (3 if options["photometric"] == "RGB" else 1)
        said = [pick(rng, [0, 1, 2]) for _ in range(extra if chance(rng, 0.6) else pick(rng, [1, 2]))]
        case.layout += f", ExtraSamples {said}"
        case.edit = lambda directory: directory.set(338, 3, said)
    return case
