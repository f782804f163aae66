import * as tf from '@tensorflow/tfjs-core';
import {
  type ConditionFields,
  type Denoiser,
  getVelocity,
  predictNoise,
  predictX0,
  qSample,
} from 'diffusion-ssl/diffusion';
import type { Raster } from 'diffusion-ssl/normalization';
import { randomNormal } from 'diffusion-ssl/ops';
import { validationFields } from '../conditions/validationFields.js';
import { imagesOf } from '../data/imagesOf.js';
import { firstChips, type ShownChips } from '../data/shownChips.js';
import type { Run } from '../run/Run.js';
import type { PanelSample } from './samplePanel.js';

const PANEL_CHIPS = 4;
const PANEL_STREAM = 21;

/** The rows of `best.png`: the first chips of a batch at timesteps spread over the schedule. */
export async function panelSamples(
  denoiser: Denoiser<ConditionFields | undefined>,
  shown: ShownChips,
  {
    config,
    alphaBars,
    display,
    data,
  }: Pick<Run, 'config' | 'alphaBars' | 'display'> & { data?: Pick<Run['data'], 'conditions'> },
): Promise<PanelSample[]> {
  const { images, shape, rows, told } = firstChips(shown, PANEL_CHIPS);
  const [count] = shape;
  const t = Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) / count) * alphaBars.length));
  const tensors = tf.tidy(() => {
    const x0 = tf.tensor4d(images, shape);
    const noise = randomNormal<tf.Rank.R4>(x0.shape, { seed: config.seed, stream: PANEL_STREAM, step: 0 });
    const xT = qSample(x0, t, alphaBars, noise);
    const call = { training: false, step: 0 };
    const condition = validationFields(data?.conditions, { images, shape, rows, told });
    const prediction = denoiser(xT, tf.tensor1d(t, 'int32'), condition, call) as tf.Tensor4D;
    const { predictionType } = config;
    const target = { noise: () => noise, x0: () => x0, v: () => getVelocity(x0, t, alphaBars, noise) };
    const predictedNoise = predictNoise(xT, t, prediction, { alphaBars, predictionType });
    const reconstruction = tf.clipByValue(
      predictX0(xT, t, prediction, { alphaBars, predictionType }),
      ...display.limits,
    );
    const error = tf.mean(tf.squaredDifference(prediction, target[predictionType]()), [1, 2, 3]);
    return { x0, xT, predictedNoise, reconstruction, error };
  });
  const errors = await tensors.error.data();
  const [x0, xT, predictedNoise, reconstruction] = await Promise.all(
    [tensors.x0, tensors.xT, tensors.predictedNoise, tensors.reconstruction].map(toImages),
  );
  tf.dispose(tensors);
  return Array.from(t, (step, i) => ({
    x0: display.inUnits(x0[i]),
    xT: xT[i],
    predictedNoise: predictedNoise[i],
    reconstruction: display.inUnits(reconstruction[i]),
    t: step,
    note: `error ${errors[i].toFixed(3)}`,
  }));
}

async function toImages(tensor: tf.Tensor4D): Promise<Raster[]> {
  return imagesOf(await tensor.data<'float32'>(), tensor.shape);
}
