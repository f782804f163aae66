"""Writes PNG and JPEG files of every kind, and what GDAL, or of JPEG Pillow, reads of them (expected.json).

Needs rasterio and Pillow: python make.py
"""

import base64
import json
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from PIL import Image

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 13, 11
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first row and column, and steps, of each pass.
PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(name, data):
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def rows_of(values, depth):
    """Bytes of each row, each with a filter of its own where pixels are whole bytes."""
    height, width, channels = values.shape
    step = max(1, channels * depth // 8)
    previous = np.zeros(-(-width * channels * depth // 8), np.uint8)
    out = b""
    for row, line in enumerate(values):
        flat = line.reshape(-1)
        if depth == 16:
            data = np.frombuffer(flat.astype(">u2").tobytes(), np.uint8)
        else:
            bits = (flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            data = np.packbits(bits.reshape(-1).astype(np.uint8))
        kind = row % 5 if depth >= 8 else 0
        left = np.concatenate([np.zeros(step, np.uint8), data[:-step]]).astype(int)[: len(data)]
        corner = np.concatenate([np.zeros(step, np.uint8), previous[:-step]]).astype(int)[: len(data)]
        up = previous.astype(int)
        guess = left + up - corner
        distances = np.abs(np.stack([guess - left, guess - up, guess - corner]))
        paeth = np.choose(distances.argmin(0), [left, up, corner])
        predicted = [0, left, up, (left + up) // 2, paeth][kind]
        out += bytes([kind]) + ((data.astype(int) - predicted) % 256).astype(np.uint8).tobytes()
        previous = data
    return out


def write_png(name, colour, depth, interlaced=False, chunks=(), seed=0, split=False):
    random = np.random.default_rng(seed)
    most = len(chunks[0][1]) // 3 if colour == 3 else 2**depth
    values = random.integers(0, most, (HEIGHT, WIDTH, CHANNELS[colour])).astype(np.uint16)
    if colour in (4, 6):
        values[2:5, 3:7, -1] = 0
    if colour == 0 and chunks:
        values[1, 2] = struct.unpack(">H", chunks[0][1])
    if colour == 2 and chunks:
        values[1, 2] = [7, 8, 9]
        values[1, 3] = [7, 8, 10]
    parts = [values[a::c, b::d] for a, b, c, d in PASSES] if interlaced else [values]
    data = zlib.compress(b"".join(rows_of(part, depth) for part in parts if part.size))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, int(interlaced))
    places = [data[:20], b"", data[20:]] if split else [data]
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*one) for one in chunks)
    png += b"".join(chunk(b"IDAT", part) for part in places) + chunk(b"IEND", b"")
    (FOLDER / name).write_bytes(png)


def write_jpegs():
    y, x = np.mgrid[0:37, 0:45]
    smooth = np.stack([120 + 90 * np.sin(x / 9 + k) * np.cos(y / 7 - k) for k in range(3)], -1)
    rgb = Image.fromarray(smooth.round().astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.convert("L").save(FOLDER / "grey.jpg", quality=90)
    rgb.save(FOLDER / "444.jpg", quality=92, subsampling=0)
    rgb.save(FOLDER / "422.jpg", quality=92, subsampling=1)
    rgb.save(FOLDER / "420.jpg", quality=92, subsampling=2)
    rgb.save(FOLDER / "progressive.jpg", quality=92, subsampling=2, progressive=True)
    rgb.save(FOLDER / "restarts.jpg", quality=92, subsampling=2, restart_marker_blocks=2)
    rgb.save(FOLDER / "rgb.jpg", quality=92, keep_rgb=True)
    rgb.save(FOLDER / "turned.jpg", quality=92, exif=exif, comment=b"\xff\xd9 is no end", icc_profile=bytes(70000))
    # Masks that GDAL keeps in the file, and beside it.
    mask = np.where((x + y) % 9 < 3, 0, 255).astype(np.uint8)
    for name, inside in {"mask-inside.jpg": "YES", "mask-beside.jpg": "NO"}.items():
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="NO"), rasterio.MemoryFile() as memory:
            with memory.open(driver="GTiff", width=45, height=37, count=3, dtype="uint8") as masked:
                masked.write(np.moveaxis(smooth.round().astype(np.uint8), -1, 0))
                masked.write_mask(mask)
            with memory.open() as masked:
                rasterio.shutil.copy(masked, FOLDER / name, driver="JPEG", QUALITY=92, INTERNAL_MASK=inside)
    rgb.convert("CMYK").save(FOLDER / "cmyk.jpg", quality=90)


def main():
    for colour, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 4: [8, 16], 6: [8, 16]}.items():
        for depth in depths:
            for interlaced in (False, True):
                name = {0: "grey", 2: "rgb", 4: "grey-alpha", 6: "rgba"}[colour]
                seed = 100 * colour + depth
                write_png(f"{name}-{depth}{'-adam7' if interlaced else ''}.png", colour, depth, interlaced, seed=seed)
    palette = (b"PLTE", bytes(range(3, 3 + 48)))
    for depth in (1, 2, 4, 8):
        one = (b"PLTE", palette[1][: 3 * min(2**depth, 16)])
        write_png(f"palette-{depth}.png", 3, depth, depth == 4, [one], seed=depth, split=depth == 8)
    write_png("palette-one-clear.png", 3, 8, chunks=[palette, (b"tRNS", bytes([255, 255, 0]))], seed=5)
    write_png("palette-two-clear.png", 3, 8, chunks=[palette, (b"tRNS", bytes([0, 128, 0]))], seed=6)
    write_png("grey-clear.png", 0, 4, chunks=[(b"tRNS", struct.pack(">H", 5))], seed=7)
    write_png("grey-clear-16.png", 0, 16, chunks=[(b"tRNS", struct.pack(">H", 300))], seed=8)
    write_png("rgb-clear.png", 2, 8, chunks=[(b"tRNS", struct.pack(">HHH", 7, 8, 9))], seed=9)
    write_jpegs()
    expected = []
    for file in sorted(FOLDER.glob("*.[pj][np]g")):
        if file.name == "cmyk.jpg":
            continue
        with rasterio.open(file) as source:
            values = np.moveaxis(source.read(), 0, -1)
            if file.suffix == ".jpg":
                # Where colours are subsampled Pillow smooths them, as libjpeg-turbo does unless told otherwise; GDAL's
                # own libjpeg repeats them: up to 9 apart in these files.
                values = np.asarray(Image.open(file)).reshape(values.shape)
            valid = np.moveaxis(source.read_masks(), 0, -1)
            packed = base64.b64encode(zlib.compress(values.astype("<u2").tobytes())).decode()
            masks = base64.b64encode(zlib.compress((valid != 0).astype(np.uint8).tobytes())).decode()
            expected.append(
                {
                    "name": file.name,
                    "shape": values.shape,
                    "dtype": source.dtypes[0],
                    "nodata": source.nodata,
                    "values": packed,
                    "valid": None if (valid != 0).all() else masks,
                }
            )
    (FOLDER / "expected.json").write_text(json.dumps({"files": expected}, indent=1) + "\n")


main()
