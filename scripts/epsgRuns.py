#!/usr/bin/env python3
"""Writes src/data/epsgRuns.ts: which codes of the EPSG registry are two-dimensional geographic or projected systems.

    python3 scripts/epsgRuns.py PROJ_DB

PROJ_DB is PROJ's database, which GDAL uses: `rasterio/proj_data/proj.db` or `pyproj/proj_dir/share/proj/proj.db` in an
environment with rasterio or pyproj from PyPI (`scripts/hostile/setup.sh` makes one). Take the newest: it holds the
codes of the older ones, deprecated codes too. Needs nothing but Python.

Each run of neighbouring codes of one kind is two numbers: how many codes lie between it and the run before (the first:
and 1023), and twice its further codes, plus 1 when they are projected. A number is written in digits to the base 32,
the lowest first; of the 64 characters below, the latter 32 say that another digit follows.
"""

import pathlib
import sqlite3
import sys

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
FIRST, LAST = 1024, 32766  # What a GeoTIFF key can say.


def read_kinds(path):
    database = sqlite3.connect(f"file:{pathlib.Path(path).resolve()}?mode=ro", uri=True)
    version = database.execute("SELECT value FROM metadata WHERE key = 'EPSG.VERSION'").fetchone()[0]
    geographic = "SELECT code FROM geodetic_crs WHERE auth_name = 'EPSG' AND type = 'geographic 2D'"
    projected = "SELECT code FROM projected_crs WHERE auth_name = 'EPSG'"
    kinds = {int(code): 0 for (code,) in database.execute(geographic)}
    kinds.update({int(code): 1 for (code,) in database.execute(projected)})
    return version, {code: kind for code, kind in kinds.items() if FIRST <= code <= LAST}


def number(n):
    text = ""
    while n >= 32:
        text += DIGITS[32 + n % 32]
        n //= 32
    return text + DIGITS[n]


def encode(kinds):
    runs = []
    for code in sorted(kinds):
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == kinds[code]:
            runs[-1][1] = code
        else:
            runs.append([code, code, kinds[code]])
    text, last = "", FIRST - 1
    for first, end, kind in runs:
        text += number(first - last - 1) + number(2 * (end - first) + kind)
        last = end
    return text


def main():
    version, kinds = read_kinds(sys.argv[1])
    text = encode(kinds)
    lines = [f"  '{text[at : at + 104]}'" for at in range(0, len(text), 104)]
    file = pathlib.Path(__file__).parent.parent / "src/data/epsgRuns.ts"
    file.write_text(
        f"/** Runs of codes of the EPSG registry ({version}), as `scripts/epsgRuns.py` writes them; see there. */\n"
        "export const EPSG_RUNS =\n" + " +\n".join(lines) + ";\n"
    )
    print(f"{file}: {len(kinds)} codes of EPSG {version}, {len(text)} characters")


main()
