import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { readWeights } from '../../src/interop/readWeights.js';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const zip = (name: string) => bytes(`PK\x03\x04${'\0'.repeat(26)}${name}${'\0'.repeat(200)}`);
const TORCH = /; convert it: python -c "import sys, torch; .*weights_only=True.*" in\.pth out\.safetensors$/;

describe('a file that was to hold weights', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['a PyTorch checkpoint', zip('archive/data.pkl'), TORCH],
    ['a PyTorch checkpoint', bytes('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'), TORCH],
    ['a Python pickle', bytes('\x80\x04\x95abc'), /; load it in Python/],
    [
      'the index of weights',
      bytes('{"weight_map": {"a": "b"}}'),
      /; join them: python -c ".*" in\.index\.json /,
    ],
    [
      'an HDF5 file',
      bytes('\x89HDF\r\n\x1a\n'),
      /torch's names and axis order: python -c "import sys, h5py; /,
    ],
    ['an archive of NumPy arrays', zip('a.npy'), /; convert it: python -c "import sys, numpy; /],
    ['a GGUF file', bytes('GGUF\x03\0\0\0\0\0\0\0'), /; give the weights as a safetensors file$/],
    ['an ONNX model', bytes('\x08\x07\x12\x07pytorch'), /; give the weights/],
    ['a Git LFS pointer', bytes('version https://git-lfs.github.com/spec/v1\noid'), /; run 'git lfs pull'/],
    [
      'an HTML page',
      bytes('<!doctype html><title>Sign in</title>'),
      /“Sign in”, not a safetensors file; download/,
    ],
    ['a gzip archive', bytes('\x1f\x8b\x08'), /; unpack it: gzip -dc in\.gz > out$/],
    ['a PNG image', bytes('\x89PNG\r\n\x1a\n'), /; give the weights/],
    ['nothing but zeros', new Uint8Array(4096), /; copy or download it again$/],
    ['a text file', bytes('no'), /; give the weights/],
  ])('is named: %s', (what, file, advice) => {
    for (const read of [readSafetensors, readWeights]) {
      expect(() => read(file)).toThrow(CheckpointError);
      expect(() => read(file)).toThrow(
        new RegExp(`^readSafetensors: it is ${what}\\b.*not a safetensors file; `),
      );
      expect(() => read(file)).toThrow(advice);
    }
  });

  it('is said to be damaged where its first bytes tell nothing', () => {
    expect(() => readSafetensors(bytes('\xc1\x02\xf3\x04\xa5\x16\xb7\x18\xc9\x0a'))).toThrow(
      /^readSafetensors: by its first 8 bytes its header has \d+ bytes; at most 100000000 are accepted\. It is/,
    );
  });
});
