import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { randomNormal } from '../../src/internal/philox.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import type { NamedVariable } from '../../src/optimizers/PackedOptimizer.js';
import type { DiffusionBatch } from '../../src/training/diffusionLoss.js';

export const CHANNELS = 2;

/** A denoiser whose every pixel is `x · weight + bias`: no batch norm, and gradients known by hand. */
export function linearDenoiser() {
  const x = tfl.input({ shape: [null, null, CHANNELS], name: 'x' });
  const t = tfl.input({ shape: [1], name: 't' });
  const layer = tfl.layers.dense({ units: CHANNELS });
  const model = tfl.model({ inputs: [x, t], outputs: layer.apply(x) as tfl.SymbolicTensor });
  layer.setWeights([tf.tensor2d([0.5, -0.25, 1, 0.125], [CHANNELS, CHANNELS]), tf.tensor1d([0.25, -0.5])]);
  const parameters: NamedVariable[] = layer.weights.map((weight, i) => ({
    name: ['kernel', 'bias'][i],
    variable: weight.read() as tf.Variable,
  }));
  return { model, denoiser: layersDenoiser(model), parameters };
}

/** A batch of images [samples, 2, 3, CHANNELS] with the seed's values. */
export function makeBatch(samples: number, seed: number): DiffusionBatch {
  const shape: [number, number, number, number] = [samples, 2, 3, CHANNELS];
  const size = shape.reduce((product, side) => product * side, 1);
  const draw = (stream: number) => tf.tensor4d(randomNormal(size, { seed, stream, step: 0 }), shape);
  return {
    x0: draw(1),
    noise: draw(2),
    t: Int32Array.from({ length: samples }, (_, i) => (seed + 3 * i) % 10),
  };
}

/** ᾱ of ten timesteps. */
export const alphaBars = Float64Array.from({ length: 10 }, (_, t) => 0.99 - 0.09 * t);

/** The values of variables, one array each. */
export const valuesOf = (parameters: readonly NamedVariable[]) =>
  Promise.all(parameters.map(({ variable }) => variable.data<'float32'>()));
