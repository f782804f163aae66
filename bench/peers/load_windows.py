"""Writes a scene, or times a torch DataLoader over windows of one read by rasterio and prints one line of JSON.

python bench/peers/load_windows.py --scene SCENE.tif --write
python bench/peers/load_windows.py --scene SCENE.tif --check windows.json --side 224 --count 256 --batch 8 --workers 2 \
    --cache 134217728 --seconds 3

The scene is like Sentinel-2's at 10 m: 10,980 x 10,980 pixels, four bands of uint16, deflate with the horizontal
predictor, tiles of 512 pixels. Each worker keeps it open, with as many bytes for decoded blocks as it is given. A
window is drawn anywhere, scaled to [0, 1] by its own minimum and maximum over all bands, flipped at random, and
batched. `mean` is that of the windows [top, left] that the file of --check lists, unflipped.
"""

import argparse
import json
import statistics
import time

import numpy as np
import rasterio
import torch
from load_chips import normalize
from rasterio.windows import Window
from torch.utils.data import DataLoader, Dataset

SIDE = 10980
BANDS = 4
TILE = 512


def write(name):
    """Smooth relief with the noise of a sensor, so that it compresses about as a scene does."""
    random = np.random.default_rng(0)
    profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=BANDS, dtype="uint16", interleave="pixel")
    layout = dict(tiled=True, blockxsize=TILE, blockysize=TILE, compress="deflate", predictor=2, BIGTIFF="IF_SAFER")
    with rasterio.open(name, "w", **profile, **layout) as file:
        for top in range(0, SIDE, TILE):
            for left in range(0, SIDE, TILE):
                height, width = min(TILE, SIDE - top), min(TILE, SIDE - left)
                row, column = np.mgrid[top : top + height, left : left + width]
                band = np.arange(BANDS)[:, None, None]
                relief = np.sin(column / 19 + band) * np.cos(row / 23) * 1000
                noise = random.integers(0, 80, (BANDS, height, width))
                values = 2000 + 200 * band + relief + noise
                file.write(values.astype(np.uint16), window=Window(left, top, width, height))


class Windows(Dataset):
    def __init__(self, scene, side, count, cache):
        self.scene = scene
        self.side = side
        self.count = count
        self.cache = cache
        self.file = None

    def __len__(self):
        return self.count

    def __getitem__(self, _):
        file = self.open()
        top, left = (int(torch.randint(side - self.side + 1, ())) for side in file.shape)
        chip = self.read(top, left)
        if torch.rand(()) < 0.5:
            axes = ((1,), (2,), (1, 2))[int(torch.randint(3, ()))]
            chip = np.ascontiguousarray(np.flip(chip, axes))
        return torch.from_numpy(chip)

    def open(self):
        # After the fork: a file must not be shared by processes. The environment holds for the process.
        if self.file is None:
            self.environment = rasterio.Env(GDAL_CACHEMAX=self.cache, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
            self.environment.__enter__()
            self.file = rasterio.open(self.scene)
        return self.file

    def read(self, top, left):
        file = self.open()
        return normalize(file.read(window=Window(left, top, self.side, self.side)), file.nodata)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check")
    for name in ("side", "count", "batch", "workers", "cache"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--seconds", type=float)
    args = parser.parse_args()
    if args.write:
        write(args.scene)
        print("{}")
        return

    loader = DataLoader(
        Windows(args.scene, args.side, args.count, args.cache),
        batch_size=args.batch,
        num_workers=args.workers,
        persistent_workers=True,
    )
    rates = []
    begin = None
    while begin is None or time.perf_counter() - begin < args.seconds or len(rates) < 3:
        start = time.perf_counter()
        seen = sum(batch.shape[0] for batch in loader)
        end = time.perf_counter()
        if begin is None:
            begin = end  # The first epoch starts the workers and fills the page cache.
        else:
            rates.append(seen / (end - start))
    # After the workers are forked, which a connection of this process must not be shared with.
    with open(args.check) as file:
        places = json.load(file)
    windows = Windows(args.scene, args.side, args.count, args.cache)
    mean = np.mean([windows.read(top, left).mean(dtype=np.float64) for top, left in places])
    print(json.dumps({"chipsPerSecond": statistics.median(rates), "mean": float(mean)}))


if __name__ == "__main__":
    main()
