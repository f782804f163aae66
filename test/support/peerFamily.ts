import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { fixturePath } from './fixtures.js';

/** The tensors of a safetensors file of the fixtures, in torch's layouts. */
export function readTensors(file: string): Map<string, SafetensorsTensor> {
  return readSafetensors(readFileSync(fixturePath(file))).tensors;
}

/** Moves axes of a row-major array, as `tf.transpose` does. */
export function permuted({ shape, data }: { shape: number[]; data: ArrayLike<number> }, axes: number[]) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const moved = axes.map((axis) => shape[axis]);
  const values = Float32Array.from({ length: data.length }, (_, index) => {
    let [rest, source] = [index, 0];
    for (let i = axes.length - 1; i >= 0; i--) {
      source += (rest % moved[i]) * strides[axes[i]];
      rest = Math.floor(rest / moved[i]);
    }
    return data[source];
  });
  return { shape: moved, data: values };
}

/** Where torch's axes go: images [batch, channels, h, w] → [batch, h, w, channels], matrices [out, in] → [in, out]. */
export const layouts = { image: [0, 2, 3, 1], filter: [2, 3, 1, 0], matrix: [1, 0] };

/** A tensor of a file on the backend, its axes moved. */
export function uploaded<R extends tf.Rank>(tensor: SafetensorsTensor, axes?: number[]): tf.Tensor<R> {
  const { shape, data } = axes ? permuted(tensor as { shape: number[]; data: Float32Array }, axes) : tensor;
  return tensor.dtype === 'I32'
    ? tf.tensor(Int32Array.from(data as ArrayLike<number>), shape as tf.ShapeMap[R], 'int32')
    : tf.tensor(Float32Array.from(data as ArrayLike<number>), shape as tf.ShapeMap[R]);
}
