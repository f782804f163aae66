"""One file of the matrix: what is written, and what GDAL then reads of it."""

import math
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning
from tiff_directory import TiffDirectory


@dataclass
class Case:
    """A file to write. `layout` names what is unusual about it, in the words of a table of refusals."""

    layout: str
    data: np.ndarray  # bands, height, width
    options: dict = field(default_factory=dict)  # Creation options, lower case.
    windows: Optional[list] = None  # Only these parts are written.
    mask: Optional[np.ndarray] = None  # height, width; 255 is valid.
    external_mask: bool = False
    after: Optional[Callable] = None  # Called with the dataset opened for update.
    edit: Optional[Callable] = None  # Called with the TiffDirectory of the written file.
    rewrite: Optional[Callable] = None  # Bytes of the written file to bytes.
    msk: Optional[Callable] = None  # Called with the path of a .msk file to write.
    tolerance: int = 0

    def write(self, path: Path) -> None:
        profile = {"driver": "GTiff", "dtype": self.data.dtype.name, "count": self.data.shape[0]}
        profile.update(height=self.data.shape[1], width=self.data.shape[2])
        profile.update(self.options)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=not self.external_mask):
            with rasterio.open(path, "w", **profile) as dataset:
                for window in [None] if self.windows is None else self.windows:
                    part = self.data if window is None else self.data[:, *window.toslices()]
                    dataset.write(part, window=window)
                    if self.mask is not None:
                        dataset.write_mask(self.mask if window is None else self.mask[window.toslices()], window=window)
        if self.after:
            with rasterio.open(path, "r+") as dataset:
                self.after(dataset)
        if self.edit:
            directory = TiffDirectory(path.read_bytes())
            self.edit(directory)
            path.write_bytes(directory.write())
        if self.rewrite:
            path.write_bytes(self.rewrite(path.read_bytes()))
        if self.msk:
            self.msk(path.with_name(path.name + ".msk"))


def what_gdal_reads(path: Path) -> tuple[dict, np.ndarray, np.ndarray]:
    """Facts, values (height, width, bands) and valid pixels (the same shape, 1 is valid)."""
    with rasterio.Env(OSR_USE_NON_DEPRECATED="NO"), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        dataset = rasterio.open(path)
        placed = not any(issubclass(warning.category, NotGeoreferencedWarning) for warning in said)
    with rasterio.Env(OSR_USE_NON_DEPRECATED="NO"), dataset:
        data = dataset.read()
        valid = np.stack([dataset.read_masks(i) for i in dataset.indexes]) != 0
        alpha = [i for i, interp in enumerate(dataset.colorinterp) if interp == ColorInterp.alpha]
        crs = dataset.crs
        root = re.search(r'AUTHORITY\["EPSG","(\d+)"\]\]$', crs.to_wkt()) if crs else None
        facts = {
            "width": dataset.width,
            "height": dataset.height,
            "bands": dataset.count,
            "dtype": dataset.dtypes[0],
            "nodata": number_text(dataset.nodata),
            "epsg": int(root[1]) if root else None,
            "crsKind": ("geographic" if crs.is_geographic else "projected") if root else None,
            "transform": list(dataset.transform)[:6] if placed and not dataset.gcps[0] else None,
            "scales": list(dataset.scales),
            "offsets": list(dataset.offsets),
            "alphaBands": alpha,
            "maskFlags": ["+".join(flag.name for flag in flags) for flags in dataset.mask_flag_enums],
        }
    return facts, np.moveaxis(data, 0, 2), np.moveaxis(valid, 0, 2)


def number_text(number: Optional[float]) -> Optional[str]:
    """A number as JavaScript's Number() reads it."""
    if number is None:
        return None
    return "NaN" if math.isnan(number) else str(number).replace("inf", "Infinity")


def record(case: Case, folder: Path, name: str) -> dict:
    """Writes NAME.tif, NAME.raw (values, little-endian) and NAME.valid, and returns what is to be read."""
    path = folder / f"{name}.tif"
    for old in folder.glob(f"{name}.*"):
        old.unlink()
    case.write(path)
    facts, data, valid = what_gdal_reads(path)
    little = data.astype(data.dtype.newbyteorder("<"))
    (folder / f"{name}.raw").write_bytes(np.ascontiguousarray(little).tobytes())
    (folder / f"{name}.valid").write_bytes(np.ascontiguousarray(valid, dtype=np.uint8).tobytes())
    msk = path.with_name(path.name + ".msk").exists()
    return {"name": name, "layout": case.layout, **facts, "msk": msk, "tolerance": case.tolerance}
