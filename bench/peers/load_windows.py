"""Writes a scene, or reads windows of one by a torch DataLoader and rasterio, as the benchmark asks (see epochs.py).

python bench/peers/load_windows.py --scene SCENE.tif --write deflate
python bench/peers/load_windows.py --scene SCENE.tif --side 224 --batch 8 --workers 2 --cache 134217728

The scene is like Sentinel-2's at 10 m: 10,980 x 10,980 pixels, four bands of uint16. Each worker keeps it open, with as
many bytes for decoded blocks as it is given. A window is read, scaled to [0, 1] by its own minimum and maximum over all
bands, flipped at random, and batched.
"""

import argparse

import numpy as np
import rasterio
import torch
from epochs import serve
from load_chips import normalize
from rasterio.windows import Window
from torch.utils.data import DataLoader, Dataset

SIDE = 10980
BANDS = 4
TILE = 512
LAYOUTS = {
    "deflate": dict(tiled=True, blockxsize=TILE, blockysize=TILE, compress="deflate", predictor=2),
    "lzw": dict(tiled=True, blockxsize=TILE, blockysize=TILE, compress="lzw", predictor=2),
    "strips": dict(tiled=False),
}


def write(name, layout):
    """Smooth relief with the noise of a sensor, so that it compresses about as a scene does."""
    random = np.random.default_rng(0)
    profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=BANDS, dtype="uint16", interleave="pixel")
    with rasterio.open(name, "w", **profile, **LAYOUTS[layout], BIGTIFF="IF_SAFER") as file:
        for top in range(0, SIDE, TILE):
            height = min(TILE, SIDE - top)
            row, column = np.mgrid[top : top + height, :SIDE]
            band = np.arange(BANDS)[:, None, None]
            relief = np.sin(column / 19 + band) * np.cos(row / 23) * 1000
            noise = random.integers(0, 80, (BANDS, height, SIDE))
            values = 2000 + 200 * band + relief + noise
            file.write(values.astype(np.uint16), window=Window(0, top, SIDE, height))


class Places:
    """The windows of an epoch, [top, left], in order: the workers are handed them in place of numbers."""

    def __init__(self):
        self.places = []

    def __iter__(self):
        return iter(self.places)

    def __len__(self):
        return len(self.places)


class Windows(Dataset):
    def __init__(self, scene, side, cache):
        self.scene = scene
        self.side = side
        self.cache = cache
        self.file = None

    def __getitem__(self, place):
        chip = self.read(place)
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

    def read(self, place):
        file = self.open()
        top, left = place
        return normalize(file.read(window=Window(left, top, self.side, self.side)), file.nodata)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", required=True)
    parser.add_argument("--write", choices=LAYOUTS)
    for name in ("side", "batch", "workers", "cache"):
        parser.add_argument(f"--{name}", type=int)
    args = parser.parse_args()
    if args.write:
        write(args.scene, args.write)
        print("{}")
        return

    places = Places()
    loader = DataLoader(
        Windows(args.scene, args.side, args.cache),
        batch_size=args.batch,
        sampler=places,
        num_workers=args.workers,
        persistent_workers=True,
    )

    def run_epoch(windows):
        places.places = windows
        return sum(batch.shape[0] for batch in loader)

    serve(run_epoch, Windows(args.scene, args.side, args.cache).read)


if __name__ == "__main__":
    main()
