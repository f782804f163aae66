"""Families of unusual samples: bits, photometric interpretation, palettes."""

from case import Case
from pixels import blocks, chance, container, pick, pixels, size

NBITS = [*range(1, 8), *range(9, 16), *range(17, 32), 12, 10, 4, 2, 1, 12]


def nbits(rng, i):
    bits = NBITS[i % len(NBITS)]
    dtype = "uint8" if bits < 8 else "uint16" if bits < 16 else "uint32"
    options = {"nbits": bits, **container(rng), **blocks(rng)}
    codec = pick(rng, ["none", "none", "lzw", "deflate", "packbits", "zstd"])
    if codec != "none":
        options["compress"] = codec
    height, width = size(rng)
    data = pixels(rng, dtype, pick(rng, [1, 1, 2, 3, 4, 8]), height, width, bits=bits)
    if chance(rng, 0.2):
        options["nodata"] = int(data[0, 0, 0])
    return Case(f"{bits} bits, {codec}", data, options)


def float16(rng, i):
    options = {"nbits": 16, **container(rng), **blocks(rng)}
    codec = ["none", "lzw", "deflate", "zstd"][i % 4]
    if codec != "none":
        options["compress"] = codec
        options["predictor"] = pick(rng, [1, 2, 3])
    height, width = size(rng)
    data = pixels(rng, "float32", pick(rng, [1, 2, 4]), height, width)
    return Case(f"float16, {codec}, predictor {options.get('predictor', 1)}", data, options)


def float_bits(rng, i):
    """Every bit pattern of floats of 16, 24, 32 and 64 bits: subnormal numbers, NaN of all kinds."""
    bits = [16, 24, 32, 64][i % 4]
    dtype = "uint16" if bits == 16 else "uint64" if bits == 64 else "uint32"
    options = {**container(rng), **blocks(rng)}
    codec = pick(rng, ["none", "lzw", "deflate"])
    if codec != "none":
        options["compress"] = codec
    height, width, bands = *size(rng), pick(rng, [1, 1, 3])
    data = rng.integers(0, 2**bits - 1, size=(bands, height, width), dtype=dtype, endpoint=True)
    if chance(rng, 0.5):  # Near the ends of the exponents.
        data >>= rng.integers(0, bits, size=data.shape, dtype=dtype)
    if bits == 24:
        options["nbits"] = 24
    edit = lambda directory: directory.set(339, 3, [3] * bands)
    return Case(f"bits of float{bits}, {codec}", data, options, edit=edit)


def photometric(rng, i):
    kind = ["MINISWHITE", "MINISBLACK", "RGB", "PALETTE", "CMYK", "CIELAB", "ICCLAB", "ITULAB", "YCBCR"][i % 9]
    options = {**container(rng), **blocks(rng)}
    if chance(rng, 0.5):
        options["compress"] = pick(rng, ["lzw", "deflate", "packbits"])
    height, width = size(rng)
    dtype = "uint8"
    bands = {"RGB": pick(rng, [3, 4, 5]), "CMYK": 4}.get(kind, 3 if "LAB" in kind or kind == "YCBCR" else 1)
    if kind in ("MINISWHITE", "MINISBLACK", "RGB"):
        dtype = pick(rng, ["uint8", "uint16", "int16", "float32"])
    if kind in ("MINISWHITE", "MINISBLACK"):
        bands = pick(rng, [1, 2, 4])
    bits = pick(rng, [1, 2, 4, 8]) if dtype == "uint8" and kind in ("MINISWHITE", "PALETTE") else None
    if bits and bits < 8:
        options["nbits"] = bits
    data = pixels(rng, dtype, bands, height, width, bits=bits)
    if kind in ("MINISWHITE", "MINISBLACK") and chance(rng, 0.4):
        options["nodata"] = 0
    if kind == "PALETTE":
        table = {k: tuple(int(c) for c in rng.integers(0, 256, 3)) + (255,) for k in range(2 ** (bits or 8))}
        options["photometric"] = "palette"
        return Case(f"palette, {bits or 8} bits", data, options, after=lambda d: d.write_colormap(1, table))
    options["photometric"] = kind
    return Case(f"{dtype}, photometric {kind}", data, options)
