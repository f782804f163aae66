"""Families of structure: georeference, further pages, overviews, COG, tags as other writers write them."""

import numpy as np
import rasterio
from case import Case
from pixels import FLOATS, INTEGERS, bits_of, blocks, chance, container, pick, pixels
from rasterio.control import GroundControlPoint
from rasterio.enums import Resampling
from tiff_directory import TiffDirectory

CODES = [4326, 3857, 32633, 32733, 4087, 9777, 10310, 3035, 27700, 2154, 3819, 4258, 5070, 31370, 25832]
USER_DEFINED = "+proj=laea +lat_0=10 +lon_0=20 +ellps=GRS80 +units=m"


def georeference(rng, i):
    kind = ["north up", "rotated", "south up", "point", "point rotated", "gcps", "no system", "user-defined", "none"][i % 9]
    data = pixels(rng, pick(rng, INTEGERS + FLOATS), pick(rng, [1, 3]), pick(rng, [5, 16, 33]), pick(rng, [4, 17, 40]))
    options = {**container(rng), "crs": f"EPSG:{pick(rng, CODES)}"}
    x, y = float(rng.uniform(-1e6, 1e6)), float(rng.uniform(-5e6, 5e6))
    step = pick(rng, [10.0, 0.25, 4.77, 1e-4])
    options["transform"] = rasterio.Affine(step, 0, x, 0, -step * pick(rng, [1, 1.5]), y)
    if kind == "rotated" or kind == "point rotated":
        options["transform"] = rasterio.Affine(step, 0.3 * step, x, -0.2 * step, -step, y)
    if kind == "south up":
        options["transform"] = rasterio.Affine(step, 0, x, 0, step, y)
    if kind == "user-defined":
        options["crs"] = USER_DEFINED
    if kind in ("no system", "none"):
        options.pop("crs")
    if kind in ("none", "gcps"):
        options.pop("transform")
    case = Case(f"georeference: {kind}", data, options)
    if kind.startswith("point"):
        case.after = lambda dataset: dataset.update_tags(AREA_OR_POINT="Point")
    if kind == "gcps":
        points = [GroundControlPoint(r, c, x + c, y - r) for r, c in ((0, 0), (0, 4), (5, 0), (5, 4))]
        options["gcps"] = points
    return case


def scales(rng, i):
    bands = pick(rng, [1, 3, 4])
    data = pixels(rng, pick(rng, ["uint8", "int16", "uint16"]), bands, 9, 14)

    def after(dataset):
        dataset.scales = [pick(rng, [1.0, 0.1, 2e-5]) for _ in range(bands)]
        dataset.offsets = [pick(rng, [0.0, -273.15, 100.0]) for _ in range(bands)]

    return Case("scale and offset", data, container(rng), after=after)


def overviews(rng, i):
    kind = ["internal", "external", "cog", "cog mask", "cog alpha"][i % 5]
    dtype = "uint8" if kind == "cog alpha" else pick(rng, ["uint8", "uint16", "int16", "float32"])
    bands = 4 if kind == "cog alpha" else pick(rng, [1, 3, 4])
    data = pixels(rng, dtype, bands, pick(rng, [64, 90, 130]), pick(rng, [64, 97, 129]))
    options = {"compress": pick(rng, ["deflate", "lzw", "zstd"])}
    case = Case(f"overviews: {kind}", data, options)
    if kind in ("cog mask", "internal") and chance(rng, 0.7):
        case.mask = np.where(rng.random(data.shape[1:]) < 0.6, 255, 0).astype("uint8")
    if kind.startswith("cog"):
        if kind == "cog alpha":
            options.update(photometric="RGB", alpha="YES")
        elif kind == "cog" and chance(rng, 0.5):
            options["nodata"] = data[0, 0, 0].item() if np.isfinite(data[0, 0, 0]) else 0
        codec, predictor, sides = options["compress"], pick(rng, ["NO", "YES"]), pick(rng, [128, 512])
        case.rewrite = lambda content: _as_cog(content, codec, predictor, sides)
        return case
    options.update(blocks(rng))
    if kind == "external":
        case.rewrite = lambda content: content + b"\0" * 16
    else:
        case.after = lambda dataset: dataset.build_overviews([2, 4], Resampling.average)
    return case


def _as_cog(content, codec, predictor, side):
    with rasterio.MemoryFile(content) as source, rasterio.MemoryFile() as target, source.open() as dataset:
        rasterio.shutil.copy(dataset, target.name, driver="COG", compress=codec, predictor=predictor, blocksize=side)
        return target.read()


def pages(rng, i):
    """A file of several images; GDAL reads the first."""
    data = pixels(rng, pick(rng, INTEGERS), 1, 12, 19)
    second = pixels(rng, "uint8", 3, 7, 5)

    def rewrite(content):
        return _append_page(content, second)

    return Case("several pages", data, {"compress": pick(rng, ["lzw", "deflate"])}, rewrite=rewrite)


def _append_page(content, second):
    """Adds the first directory of another file, its offsets moved to where that file then lies."""
    with rasterio.MemoryFile() as memory:
        bands, height, width = second.shape
        with memory.open(driver="GTiff", width=width, height=height, count=bands, dtype="uint8") as dataset:
            dataset.write(second)
        other = memory.read()
    content += b"\0" * (-len(content) % 8)
    page = TiffDirectory(other)
    page.set(273, 4, [offset + len(content) for offset in page.values(273)])
    moved, at = page.write_at(len(content))
    first = TiffDirectory(content)
    first.next = at.to_bytes(4, "little")
    first.data = content + moved
    return first.write()


EDITS = {
    "deflate 32946": lambda d: d.set(259, 3, [32946]),
    "no RowsPerStrip": lambda d: d.tags.pop(278, None),
    "RowsPerStrip 2^32-1": lambda d: d.set(278, 4, [2**32 - 1]),
    "no SampleFormat": lambda d: d.tags.pop(339, None),
    "SampleFormat void": lambda d: d.set(339, 3, [4] * d.values(277)[0]),
    "one SampleFormat": lambda d: d.set(339, 3, [d.values(339)[0]]),
    "one BitsPerSample": lambda d: d.set(258, 3, [d.values(258)[0]]),
    "no Compression": lambda d: d.tags.pop(259, None),
    "no Photometric": lambda d: d.tags.pop(262, None),
    "no SamplesPerPixel": lambda d: d.tags.pop(277, None) if d.values(277)[0] == 1 else None,
    "no PlanarConfig": lambda d: d.tags.pop(284, None),
    "PlanarConfig 2": lambda d: d.set(284, 3, [2]),
    "no StripByteCounts": lambda d: d.tags.pop(279, None),
    "StripByteCounts 0": lambda d: d.set(279, 4, [0] * d.tags[279][1]) if 279 in d.tags else None,
    "Orientation 3": lambda d: d.set(274, 3, [3]),
    "Orientation 6": lambda d: d.set(274, 3, [6]),
    "FillOrder 2": lambda d: d.set(266, 3, [2]),
    "short sizes": lambda d: (d.set(256, 3, d.values(256)), d.set(257, 3, d.values(257))),
    "long BitsPerSample": lambda d: d.set(258, 4, d.values(258)),
    "no ExtraSamples": lambda d: d.tags.pop(338, None),
    "Predictor 1": lambda d: d.set(317, 3, [1]),
    "unknown tag": lambda d: d.set(65000, 3, [1, 2, 3]),
    "SMin and SMax": lambda d: (d.set(340, 3, [0]), d.set(341, 3, [9])),
    "NewSubfileType 1": lambda d: d.set(254, 4, [1]),
    "Software": lambda d: d.set(305, 2, b"some writer\0"),
}


def edited(rng, i):
    """One tag as other writers write it, or leave it out."""
    name = list(EDITS)[i % len(EDITS)]
    options = {**container(rng), **blocks(rng)}
    codec = "deflate" if name == "deflate 32946" else pick(rng, ["none", "none", "lzw", "deflate"])
    if "StripByteCounts" in name:
        codec = "none"
        options = {key: value for key, value in options.items() if key not in ("tiled", "blockxsize", "blockysize")}
    if "RowsPerStrip" in name:
        options = {**container(rng), "blockysize": 64}
    if codec != "none":
        options["compress"] = codec
    dtype = pick(rng, ["uint8", "uint16", "int16", "float32"])
    if name == "FillOrder 2" and bits_of(dtype) > 8 and chance(rng, 0.5):
        dtype = "uint8"
    data = pixels(rng, dtype, pick(rng, [1, 1, 3]), pick(rng, [9, 33]), pick(rng, [10, 31]))
    return Case(f"edited: {name}", data, options, edit=EDITS[name])
