import { CheckpointError } from 'diffusion-ssl/errors';
import { z } from 'zod';
import { checkSavedConfig } from '../config/checkSavedConfig.js';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { showValue } from '../config/showValue.js';
import type { RunState } from './RunState.js';

const count = z.int().min(0);
const seconds = z.number().min(0);
// A rate over no time at all is infinite, which JSON has no word for.
const rate = z.number().nullable();

const runState = z.looseObject({
  config: z.looseObject({}),
  build: z.string(),
  epoch: count,
  nextBatch: count,
  step: count,
  schedule: z.looseObject({}),
  learningRate: z.number().min(0),
  epochLoss: z.object({ sum: z.number(), count }),
  epochImages: count,
  epochSeconds: seconds,
  epochWaitSeconds: seconds,
  history: z.array(
    z.looseObject({
      trainLoss: z.number(),
      validationLoss: z.number(),
      imagesPerSecond: rate,
      waitShare: rate,
      step: count.optional(),
      learningRate: z.number().min(0).optional(),
      seconds: seconds.optional(),
    }),
  ),
  seconds,
  inputs: z.record(z.string(), z.string()).optional(),
  skipped: z.array(z.string()).optional(),
  contents: z.object({ train: z.string(), validate: z.string() }).optional(),
});

/** What runs did before there was a flag for it: a flag that comes later, and has a default, gets its line here. */
const BEFORE_FLAGS = {
  predictionType: 'noise',
  model: 'unet_att_d',
  patchSize: 1,
  blockOutChannels: [32, 64, 128, 128],
  layersPerBlock: 1,
  tokenSize: 4,
  embedDim: 192,
  depth: 8,
  numHeads: 3,
  freezeBatchNorm: 0,
  snrPower: 0,
  noiseOffset: 0,
  zeroTerminalSnr: false,
  skipDropRate: [0],
  maskRatio: 0,
  maskSize: 8,
  maskBands: 0,
  maskShare: 0.5,
  maskLoss: 'all',
  gradientCheckpointing: false,
  conditions: [],
  conditionDropout: 0.1,
  conditionDropoutAll: 0.1,
} as const satisfies Partial<PretrainConfig>;

/**
 * The state that a checkpoint's header holds, as one that a run can go on from. Of a run that was saved before a flag
 * existed the configuration says what it did without it.
 *
 * @throws If a field is missing, of another kind or out of its range; the message names it and its value.
 */
export function checkRunState(state: unknown): RunState {
  const { data, error } = runState.safeParse(state, { reportInput: true });
  if (error) {
    const [{ path, message, input }] = error.issues;
    const [field, expected] = [path.join('.') || 'it', message[0].toLowerCase() + message.slice(1)];
    throw new CheckpointError(`the run's state: ${field} is ${showValue(input)}; ${expected}.`);
  }
  // In the order of the file, so that a checkpoint of the run that goes on is that of one left alone.
  const config = { ...data.config, ...BEFORE_FLAGS, ...data.config };
  checkSavedConfig(config);
  const finished = data.history.length;
  if (data.epoch !== finished || finished > Number(data.config.epochs)) {
    throw new CheckpointError(
      `the run's state: epoch is ${data.epoch}, with ${finished} epochs in its history, ` +
        `of config.epochs ${data.config.epochs}; ` +
        'these must fit each other.',
    );
  }
  return { ...(state as RunState), config: config as unknown as PretrainConfig };
}
