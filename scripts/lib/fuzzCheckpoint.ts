import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { checkRunState } from '../../examples/trainer/src/checkpoint/checkRunState.js';
import { parsePretrainOptions } from '../../examples/trainer/src/config/pretrainOptions.js';
import { makeOptimizer } from '../../examples/trainer/src/setup/makeOptimizer.js';
import { makeSchedule } from '../../examples/trainer/src/setup/makeSchedule.js';
import { modelConfigOf } from '../../examples/trainer/src/setup/modelConfigOf.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { DiffusionSslError } from '../../src/errors/DiffusionSslError.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { torchShape } from '../../src/interop/torchLayout.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { batchNormSpecs, conv2dSpecs } from '../../src/layers/ParameterSpec.js';
import { estimateMemory } from '../../src/models/estimateMemory.js';
import type { NamedParameter } from '../../src/models/namedParameters.js';
import type { LrState } from '../../src/schedulers/types.js';
import { METADATA_KEY } from '../../src/training/checkpointMetadata.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { readCheckpointState } from '../../src/training/readCheckpointState.js';
import { restoreCheckpoint } from '../../src/training/restoreCheckpoint.js';
import type { FuzzedParser } from './fuzzParsers.js';

const specs = [...conv2dSpecs('a', [1, 2, 3], { bias: true }), ...batchNormSpecs('b', 3)];

/** The tensors of a run that has made six steps. */
function tensors(): Map<string, SafetensorsTensor> {
  const result = new Map<string, SafetensorsTensor>();
  for (const { name, shape: ours, layout, dtype, trainable } of specs) {
    const shape = torchShape(ours, layout);
    const size = shape.reduce((product, side) => product * side, 1);
    if (dtype === 'int32') result.set(name, { dtype: 'I64', shape, data: BigInt64Array.of(6n) });
    else
      for (const prefix of [
        '',
        'ema.',
        ...(trainable ? ['optimizer.exp_avg.', 'optimizer.exp_avg_sq.'] : []),
      ])
        result.set(prefix + name, { dtype: 'F32', shape, data: new Float32Array(size).fill(0.5) });
  }
  return result;
}

const metadata = {
  version: 1,
  optimizerStep: 6,
  optimizerScalars: {},
  emaStep: 6,
  state: {
    config: parsePretrainOptions([]).config,
    build: 'wasm',
    ...{ epoch: 1, nextBatch: 2, step: 6, learningRate: 1e-3, seconds: 3.5 },
    schedule: { epoch: 6, schedule: { epoch: 6, lr: 1e-3 } },
    ...{ epochLoss: { sum: 1.5, count: 2 }, epochImages: 8, epochSeconds: 0.5, epochWaitSeconds: 0.1 },
    history: [{ trainLoss: 1.5, validationLoss: 1.25, imagesPerSecond: 60, waitShare: 0.5 }],
  },
};

const withHeader = (text: string) => writeSafetensors(tensors(), { [METADATA_KEY]: text });

let parameters: NamedParameter[] | undefined;

/**
 * A checkpoint, as a whole file or as the JSON of its header, as far as a resumed run reads it before it opens its
 * chips.
 */
export const fuzzedCheckpoint: FuzzedParser = {
  seeds: [new TextEncoder().encode(JSON.stringify(metadata)), withHeader(JSON.stringify(metadata))],
  words: [
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '"state":',
      '"config":',
      '"version":',
      '"epoch":',
      'null',
      'true',
    ],
    ...[
      '"a.weight"',
      '"F32"',
      '"optimizerStep":',
      '"timesteps":',
      '"filterConfig":',
      '0',
      '-1',
      '1e999',
      '1e9',
    ],
    ...['9007199254740993', '0.5', 'NaN', '""', '{}', '[]', '__proto__'],
  ],
  async parse(bytes) {
    const isHeader = bytes[0] === 0x7b && bytes[1] === 0x22;
    const file = isHeader ? withHeader(new TextDecoder().decode(bytes)) : bytes;
    const { config, schedule } = checkRunState(readCheckpointState(file));
    parameters ??= specs.map((spec) => {
      return { name: spec.name, spec, variable: tf.variable(tf.zeros(spec.shape, spec.dtype)) };
    });
    estimateMemory(modelConfigOf(config, 4), {
      batch: config.batch,
      size: [64, 64],
      ema: config.emaDecay > 0,
    });
    makeBetaSchedule(config.timesteps, { betaStart: config.betaStart, betaEnd: config.betaEnd });
    const optimizer = makeOptimizer(config);
    const ema = new ExponentialMovingAverage(parameters, 0.9);
    try {
      await restoreCheckpoint(file, { parameters, optimizer, ema });
      makeSchedule(config, 10).schedule.restore(schedule as LrState);
    } finally {
      optimizer.dispose();
      ema.dispose();
    }
  },
  binary: true,
  refusalClass: DiffusionSslError,
  refusal: /^[\w' ]+: /,
};
