import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { TorchLayout } from '../../../src/layers/ParameterSpec.js';
import type { NamedParameter } from '../../../src/models/namedParameters.js';
import type { StoredValues } from '../../../src/ops/VariablePacks.js';
import { AdamW } from '../../../src/optimizers/AdamW.js';
import { ExponentialMovingAverage } from '../../../src/training/ExponentialMovingAverage.js';

/** Rows and columns of a parameter: 64 MiB. */
const SIDE = 4096;
const LAYOUTS: readonly TorchLayout[] = ['same', 'linear'];

/**
 * A network of `count` parameters of 64 MiB with its average and optimizer, four times as much, on the plain backend.
 */
export function largeRun(count: number) {
  const parameters = Array.from({ length: count }, (_, i): NamedParameter => {
    const name = `layer_${i}.weight`;
    const shape = [SIDE, SIDE];
    const variable = tf.variable(tf.zeros(shape), true, name);
    const layout = LAYOUTS[i % 2];
    return {
      name,
      spec: { shape, trainable: true, dtype: 'float32', layout },
      variable,
    };
  });
  return { parameters, optimizer: new AdamW(), ema: new ExponentialMovingAverage(parameters, 0.9) };
}

export type LargeRun = ReturnType<typeof largeRun>;

/** Values that nothing else has: of a part (weights, average, a slot) of a parameter. */
export function valuesOf(part: number, parameter: number): Float32Array {
  const data = new Float32Array(SIDE * SIDE);
  let state = (part * 1009 + parameter + 1) | 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = state / 2 ** 31;
  }
  return data;
}

/** The parts of a run, each a function that gives the values of a parameter. */
export function partsOf({
  parameters,
  optimizer,
  ema,
}: LargeRun): ((parameter: number) => Promise<Float32Array>)[] {
  const read = (values: ReadonlyMap<string, StoredValues>) => (i: number) =>
    values.get(parameters[i].name)!.read();
  const { slots } = optimizer.storedState(parameters);
  return [
    (i) => parameters[i].variable.data<'float32'>(),
    read(ema.storedValues()),
    ...['exp_avg', 'exp_avg_sq'].map((slot) => read(slots[slot])),
  ];
}
