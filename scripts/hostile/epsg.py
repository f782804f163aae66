"""Which two-dimensional systems of the EPSG registry GDAL knows, and what it reads of files that name them.

    python epsg.py list             prints the codes as JSON
    python epsg.py check DIR        compares DIR/CODE.tif with a file that GDAL writes; prints what differs as JSON

Codes that GDAL holds for superseded are read as they are (OSR_USE_NON_DEPRECATED=NO).
"""

import json
import logging
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS


def two_dimensional(crs):
    wkt = crs.to_wkt(version="WKT2_2019")
    return wkt.startswith("PROJCRS[") or (wkt.startswith("GEOGCRS[") and "CS[ellipsoidal,2]" in wkt)


def system(code):
    try:
        crs = CRS.from_epsg(code)
        return crs if two_dimensional(crs) else None
    except rasterio.errors.CRSError:
        return None


def read_system(path):
    with rasterio.open(path) as dataset:
        return dataset.crs.to_wkt(version="WKT2_2019") if dataset.crs is not None else None


def read_from_gdal(crs):
    """The system that GDAL reads of its own file."""
    profile = {"driver": "GTiff", "width": 1, "height": 1, "count": 1, "dtype": "uint8", "crs": crs}
    with rasterio.MemoryFile() as memory:
        with memory.open(transform=rasterio.Affine(1, 0, 0, 0, -1, 1), **profile) as dataset:
            dataset.write(np.zeros((1, 1, 1), np.uint8))
        return read_system(memory.name)


def check(folder):
    problems, same, itself = [], 0, 0
    for path in sorted(folder.glob("*.tif")):
        crs = system(int(path.stem))
        if crs is None:
            continue
        try:
            wanted = read_from_gdal(crs)
        except (rasterio.errors.RasterioError, rasterio.errors.CRSError):
            continue  # GDAL does not write a file of it.
        found = read_system(path)
        same += found == wanted
        itself += str(found).endswith(f'ID["EPSG",{path.stem}]]')
        if found != wanted:
            problems.append(f"EPSG:{path.stem}: GDAL reads {found}, of its own file {wanted}")
    return {"same": same, "itself": itself, "problems": problems}


def main():
    logging.disable(logging.CRITICAL)
    with rasterio.Env(OSR_USE_NON_DEPRECATED="NO"):
        if sys.argv[1] == "list":
            result = [code for code in range(1024, 32767) if system(code) is not None]
        else:
            result = check(Path(sys.argv[2]))
    print(json.dumps(result))


main()
