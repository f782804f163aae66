"""Families of structure: georeference, further pages, overviews, COG, tags as other writers write them."""

import numpy as np
import rasterio
import rasterio.shutil
from case import Case
from pixels import FLOATS, INTEGERS, bits_of, blocks, chance, container, pick, pixels
from rasterio.control import GroundControlPoint
from rasterio.enums import Resampling
from tiff_directory import TiffDirectory

CODES = [4326, 3857, 32633, 32733, 4087, 9777, 10310, 3035, 27700, 2154, 3819, 4258, 5070, 31370, 25832]
USER_DEFINED = "+proj=laea +lat_0=10 +lon_0=20 +ellps=GRS80 +units=m"


def georeference(rng, i):
    kinds = ["north up", "rotated", "south up", "point", "point rotated", "gcps", "no system", "user-defined", "none"]
    kind = kinds[i % len(kinds)]
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


GEO_TAGS = {
    "tiepoint elsewhere": lambda d: d.set(33922, 12, [3.0, 2.0, 0.0, 500000.0, 4e6, 0.0]),
    "negative scale": lambda d: d.set(33550, 12, [10.0, -20.0, 0.0]),
    "zero scale": lambda d: d.set(33550, 12, [0.0, 0.0, 0.0]),
    "scale of two": lambda d: d.set(33550, 12, [10.0, 20.0]),
    "scale without tiepoint": lambda d: d.tags.pop(33922),
    "tiepoint without scale": lambda d: d.tags.pop(33550),
    "matrix too": lambda d: d.set(34264, 12, [2.0, 0.5, 0, 7, 0.25, -3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]),
    "no raster type": lambda d: _keys(d, {1025: None}),
    "point": lambda d: _keys(d, {1025: 2}),
    "no model type": lambda d: _keys(d, {1024: None}),
    "both codes": lambda d: _keys(d, {2048: 4326}),
    "private projection": lambda d: _keys(d, {3072: 32767}),
    "geographic only": lambda d: _keys(d, {1024: 2, 2048: 4258, 3072: None}),
    "geographic with unit": lambda d: _keys(d, {1024: 2, 2048: 4326, 3072: None, 2054: 9102}),
    "version 1.1.1": lambda d: _keys(d, {}, minor=1),
    "no keys": lambda d: d.tags.pop(34735),
}


def _keys(directory, changes, minor=0):
    values = directory.values(34735)
    keys = {values[at]: values[at + 1 : at + 4] for at in range(4, len(values), 4)}
    for key, value in changes.items():
        if value is None:
            keys.pop(key, None)
        else:
            keys[key] = (0, 1, value)
    flat = [number for key in sorted(keys) for number in (key, *keys[key])]
    directory.set(34735, 3, [1, 1, minor, len(keys), *flat])


def geo_tags(rng, i):
    """Georeference as other writers write it."""
    name = list(GEO_TAGS)[i % len(GEO_TAGS)]
    options = {**container(rng), "crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 3e5, 0, -10, 5e6)}
    data = pixels(rng, "uint8", 1, 6, 9)
    return Case(f"georeference: {name}", data, options, edit=GEO_TAGS[name])


def many_blocks(rng, i):
    """More strips or tiles than fit a small directory."""
    height, width = pick(rng, [(256, 256), (300, 140), (1000, 20), (1, 3000)])
    dtype = pick(rng, INTEGERS + FLOATS)
    options = {**container(rng), **pick(rng, [{"tiled": True, "blockxsize": 16, "blockysize": 16}, {"blockysize": 1}])}
    codec = pick(rng, ["none", "lzw", "deflate", "packbits"])
    if codec != "none":
        options["compress"] = codec
    data = pixels(rng, dtype, pick(rng, [1, 3]), height, width)
    return Case(f"many blocks, {dtype}, {codec}", data, options)


def scales(rng, i):
    bands = pick(rng, [1, 3, 4])
    data = pixels(rng, pick(rng, ["uint8", "int16", "uint16"]), bands, 9, 14)

    def after(dataset):
        dataset.scales = [pick(rng, [1.0, 0.1, 2e-5]) for _ in range(bands)]
        dataset.offsets = [pick(rng, [0.0, -273.15, 100.0]) for _ in range(bands)]

    return Case("scale and offset", data, container(rng), after=after)


def overviews(rng, i):
    kind = ["internal", "cog", "cog mask", "cog alpha", "cog jpeg"][i % 5]
    dtype = "uint8" if kind in ("cog alpha", "cog jpeg") else pick(rng, ["uint8", "uint16", "int16", "float32"])
    bands = {"cog alpha": 4, "cog jpeg": pick(rng, [1, 3])}.get(kind, pick(rng, [1, 3, 4]))
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
        elif kind == "cog jpeg":
            data[:] = np.add.outer(np.arange(data.shape[1]), np.arange(data.shape[2])) % 256
            case.mask = np.where(rng.random(data.shape[1:]) < 0.6, 255, 0).astype("uint8")
            case.tolerance = 2
        codec, predictor, sides = options["compress"], pick(rng, ["NO", "YES"]), pick(rng, [128, 512])
        codec = "JPEG" if kind == "cog jpeg" else codec
        case.rewrite = lambda content: _as_cog(content, codec, predictor, sides)
        return case
    options.update(blocks(rng))
    case.after = lambda dataset: dataset.build_overviews([2, 4], Resampling.average)
    return case


def _as_cog(content, codec, predictor, side):
    with rasterio.MemoryFile(content) as source, rasterio.MemoryFile() as target, source.open() as dataset:
        options = {} if codec == "JPEG" else {"predictor": predictor}
        rasterio.shutil.copy(dataset, target.name, driver="COG", compress=codec, blocksize=side, **options)
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
    "no PlanarConfig": lambda d: d.tags.pop(284, None) if d.values(284)[0] == 1 else None,
    "PlanarConfig 2": lambda d: d.set(284, 3, [2]) if d.values(277)[0] == 1 else None,
    "no StripByteCounts": lambda d: d.tags.pop(279, None),
    "StripByteCounts 0": lambda d: d.set(279, 4, [0] * d.tags[279][1]) if 279 in d.tags else None,
    "Orientation 3": lambda d: d.set(274, 3, [3]),
    "Orientation 6": lambda d: d.set(274, 3, [6]),
    "FillOrder 2": lambda d: d.set(266, 3, [2]),
    "trailing bytes": lambda d: setattr(d, "data", d.data + bytes(37)),
    "nodata as bytes": lambda d: d.set(42113, 1, list(b"5\0")),
    "empty nodata": lambda d: d.set(42113, 2, b""),
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
    if "StripByteCounts" in name or name == "no Compression":
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
