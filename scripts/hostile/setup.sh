#!/bin/sh
# Makes scripts/hostile/.venv with rasterio from PyPI, which has GDAL in it. PYTHON names another interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"${PYTHON:-python3}" -m venv "$here/.venv"
"$here/.venv/bin/python" -m pip install --quiet --requirement "$here/requirements.txt"
"$here/.venv/bin/python" -c \
  'import rasterio; print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)'
