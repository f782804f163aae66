import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { turn } from '../stopping/turn.js';

/** Chips that go through the network at a time. */
const AT_ONCE = 32;

/** A network's features of whole chips, row-major [chips, features]. */
export async function teacherFeatures(
  backbone: LayersModel,
  images: Float32Array,
  [count, ...shape]: readonly number[],
  signal?: AbortSignal,
): Promise<Float32Array> {
  const size = shape.reduce((product, side) => product * side, 1);
  const width = backbone.outputs[0].shape[1] as number;
  const features = new Float32Array(count * width);
  for (let start = 0; start < count; start += AT_ONCE) {
    await turn(signal);
    const chips = Math.min(AT_ONCE, count - start);
    const values = images.subarray(start * size, (start + chips) * size);
    const y = tf.tidy(() => backbone.apply(tf.tensor(values, [chips, ...shape])) as tf.Tensor);
    features.set(await y.data<'float32'>(), start * width);
    y.dispose();
  }
  return features;
}

/** How far features lie from their mean, each of length 1: the mean distance. */
export function spreadOf(features: Float32Array, width: number): number {
  const count = features.length / width;
  const mean = new Float64Array(width);
  const units = features.slice();
  for (let i = 0; i < count; i++) {
    const row = units.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...row) || 1;
    for (let k = 0; k < width; k++) {
      row[k] /= length;
      mean[k] += row[k] / count;
    }
  }
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let k = 0; k < width; k++) square += (units[i * width + k] - mean[k]) ** 2;
    sum += Math.sqrt(square);
  }
  return sum / count;
}
