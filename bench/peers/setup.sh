#!/bin/sh
# Makes bench/.venv with PyTorch and rasterio from PyPI, the peers of the benchmarks. PYTHON names another interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"${PYTHON:-python3}" -m venv "$here/../.venv"
"$here/../.venv/bin/python" -m pip install --quiet --requirement "$here/requirements.txt"
"$here/../.venv/bin/python" -c 'import torch; print("PyTorch", torch.__version__)'
