"""Reads GeoTIFF chips by a torch DataLoader and rasterio, as the benchmark asks it to (see epochs.py).

python bench/peers/load_chips.py --folder CHIPS --count 128 --batch 8 --workers 2

Each chip CHIPS/i.tif is decoded, scaled to [0, 1] by its own minimum and maximum over all bands, missing and infinite
pixels left out and set to 0, flipped at random, and batched.
"""

import argparse
import os

import numpy as np
import rasterio
import torch
from epochs import serve
from torch.utils.data import DataLoader, Dataset


class Chips(Dataset):
    def __init__(self, folder, count):
        self.folder = folder
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        chip = read(self.folder, index)
        if torch.rand(()) < 0.5:
            axes = ((1,), (2,), (1, 2))[int(torch.randint(3, ()))]
            chip = np.ascontiguousarray(np.flip(chip, axes))
        return torch.from_numpy(chip)


def read(folder, index):
    with rasterio.open(os.path.join(folder, f"{index}.tif")) as file:
        return normalize(file.read(), file.nodata)


def normalize(bands, nodata):
    chip = bands.astype(np.float32)
    valid = None
    if nodata is not None or np.issubdtype(bands.dtype, np.floating):
        valid = np.isfinite(chip)
        if nodata is not None and not np.isnan(nodata):
            valid &= bands != nodata
        if valid.all():
            valid = None
    known = chip if valid is None else chip[valid]
    low, high = known.min(), known.max()
    chip -= low
    chip /= (high - low) or 1e-6
    np.clip(chip, 0, 1, out=chip)
    if valid is not None:
        chip[~valid] = 0
    return chip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    args = parser.parse_args()

    loader = DataLoader(
        Chips(args.folder, args.count),
        batch_size=args.batch,
        shuffle=True,
        num_workers=args.workers,
        persistent_workers=True,
    )
    serve(lambda _: sum(batch.shape[0] for batch in loader), lambda index: read(args.folder, index))


if __name__ == "__main__":
    main()
