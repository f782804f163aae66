import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { randomNormal } from '../../src/internal/philox.js';
import { upModes } from '../../src/layers/UpconvBlock.js';
import type { UnetAttDConfig } from '../../src/models/UnetAttDConfig.js';

export const upmodeCases = upModes.map((upmode) => ({ upmode }));

/** The smallest network whose every part does something. */
export const smallConfig: UnetAttDConfig = {
  inChannels: 2,
  filterConfig: [4, 4, 6, 4, 6, 8],
  blockNum: [2, 1, 2, 1, 1, 2],
  timeEmbeddingDim: 8,
  dropoutRate: 0,
};

type Shape4 = [number, number, number, number];

/** Standard normal values, the same for the same seed. */
export function normals(shape: Shape4, seed: number): tf.Tensor4D {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor4d(randomNormal(size, { seed, stream: 0, step: 0 }), shape);
}

/** A batch of images and timesteps for {@link smallConfig}. */
export function smallBatch(samples = 4): { x: tf.Tensor4D; t: tf.Tensor1D } {
  const t = Int32Array.from({ length: samples }, (_, i) => (37 + 271 * i) % 1000);
  return { x: normals([samples, 32, 32, 2], 1), t: tf.tensor1d(t, 'int32') };
}

/** A model's output on the host. */
export async function outputOf(
  model: tfl.LayersModel,
  { x, t }: { x: tf.Tensor; t: tf.Tensor },
  training = false,
): Promise<Float32Array> {
  const output = model.apply([x, t], { training }) as tf.Tensor;
  const values = await output.data<'float32'>();
  output.dispose();
  return values;
}
