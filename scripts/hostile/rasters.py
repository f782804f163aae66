"""Writes GeoTIFFs of all kinds by GDAL, and beside each what GDAL reads of it.

    python rasters.py --out DIR [--seed N] [--count N] [--only NAME,NAME]

DIR then holds NAME.tif, NAME.raw (values as read, little-endian, height x width x bands) and NAME.valid (one byte a
value, 1 where GDAL's mask of that band says so), some NAME.tif.msk, and expected.json: facts of each file.
The same seed and versions give the same files; each has its own stream of random numbers, so one can be made alone.
"""

import argparse
import json
import logging
import warnings
import zlib
from pathlib import Path

import numpy as np
import rasterio
from case import record
from codec_rows import codecs, jpeg, lerc, rare_codecs, wide_types
from missing_rows import alpha, masks, nodata, nodata_values, sparse
from sample_rows import float16, float_bits, nbits, photometric
from structure_rows import edited, geo_tags, georeference, many_blocks, overviews, pages, scales

# Each family and its share of the files.
FAMILIES = [
    (codecs, 550),
    (lerc, 60),
    (jpeg, 64),
    (rare_codecs, 24),
    (wide_types, 30),
    (nbits, 120),
    (float16, 24),
    (float_bits, 32),
    (photometric, 72),
    (nodata, 140),
    (nodata_values, 20),
    (sparse, 70),
    (masks, 72),
    (alpha, 60),
    (georeference, 54),
    (geo_tags, 32),
    (many_blocks, 24),
    (scales, 6),
    (overviews, 30),
    (pages, 6),
    (edited, 75),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1400)
    parser.add_argument("--only")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    total = sum(share for _, share in FAMILIES)
    files, unwritten = [], 0
    for family, share in FAMILIES:
        for i in range(round(share * options.count / total)):
            name = f"{family.__name__}-{i:03}"
            if options.only and name not in options.only.split(","):
                continue
            rng = np.random.default_rng([options.seed, zlib.crc32(name.encode())])
            case = family(rng, i)
            try:
                files.append({"family": family.__name__, **record(case, options.out, name)})
            except rasterio.errors.RasterioError:
                unwritten += 1
    facts = {"seed": options.seed, "gdal": rasterio.__gdal_version__, "rasterio": rasterio.__version__}
    text = json.dumps({**facts, "files": files, "unwritten": unwritten})
    (options.out / "expected.json").write_text(text)


main()
