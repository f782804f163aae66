#!/bin/sh
# Runs tests and benchmarks on a graphics processor, from this tree and the pack of `npm run gpu:pack` beside it: no
# network, no Node and no package is needed, but tar and either xz or Python 3. What it runs and its options: run.ts.
set -eu
GPU_BEGUN=$(date +%s)
GPU_TREE=$(cd "$(dirname "$0")/../.." && pwd)
pack=$GPU_TREE/.gpu
fail() {
  echo "gpu/run.sh: $1" >&2
  exit 2
}
[ -f "$pack/part-1/archives" ] ||
  fail "there is no pack in $pack: run 'npm run gpu:pack' where npm works, and bring the folder .gpu with the tree"
GPU_WORK=$(mktemp -d "${TMPDIR:-/tmp}/gpu-XXXXXX")
GPU_CALLER=$PWD
export GPU_BEGUN GPU_TREE GPU_WORK GPU_CALLER
trap 'rm -rf "$GPU_WORK"' EXIT
decompress() {
  if command -v xz >/dev/null 2>&1; then
    xz -dc "$1"
  elif command -v python3 >/dev/null 2>&1; then
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer, 1 << 20)' "$1"
  else
    fail "unpacking takes xz or python3, and neither is on the PATH"
  fi
}
while read -r archive; do
  [ -f "$pack/$archive" ] || fail "$archive is missing from $pack: bring every part of the pack"
  decompress "$pack/$archive" | tar -xf - -C "$GPU_WORK" || fail "$archive does not unpack into $GPU_WORK"
done <"$pack/part-1/archives"
# The tree as it is here, whatever its kernels are now.
(cd "$GPU_TREE" && tar -cf - --exclude=.venv --exclude=docs/images --exclude=docs/api --exclude=__pycache__ \
  src test bench scripts examples docs package.json tsconfig.json) | tar -xf - -C "$GPU_WORK"
[ ! -d "$GPU_TREE/bench/.venv" ] || ln -s "$GPU_TREE/bench/.venv" "$GPU_WORK/bench/.venv"
cd "$GPU_WORK"
bin/node --version >/dev/null || fail "the packed Node does not start here: it takes Linux on x86-64 with glibc 2.28"
exec bin/node --import ./scripts/gpu/resolveTypeScript.mjs scripts/gpu/run.ts "$@"
