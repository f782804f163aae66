import * as tf from '@tensorflow/tfjs-core';
import { type ConditionFields, type Denoiser, predictNoise, predictX0 } from 'diffusion-ssl/diffusion';
import { layersDenoiser } from 'diffusion-ssl/models';
import { randomNormal, randomUniform } from 'diffusion-ssl/ops';
import { conditionedDenoiser } from '../conditions/conditionedDenoiser.js';
import { imageTensor } from '../model/drawSamples.js';
import type { OpenModel } from '../model/openModel.js';
import { turn } from '../stopping/turn.js';
import type { MeasuredChips } from './openRunChips.js';

/** What {@link measureRobustness} does. */
export interface RobustnessOptions {
  /** Held-out chips: where samples start from, and what they are told. */
  held: Pick<MeasuredChips, 'images' | 'told'>;
  /** Largest changes of a value, in units of the scaled values. */
  sizes: readonly number[];
  /** Images. */
  count: number;
  /** Steps of the projected gradient. */
  ascents: number;
  /** Steps of the sampler. */
  steps: number;
  /** Share of the timesteps that an image to start from is taken back by. */
  strength: number;
  seed: number;
  signal?: AbortSignal;
}

/** How much samples change with something that they start from or are told. */
export interface Robustness {
  /** `initial image`, or the name of a condition. */
  of: string;
  /** Largest change of a value of it. */
  size: number;
  /** Root mean square of the samples' change, in units of the scaled values: by a change at random, and the worst. */
  random: number;
  worst: number;
}

const NOISE_STREAM = 311;
const CHANGE_STREAM = 312;
const INITIAL = 'initial image';

/**
 * How much samples change with small changes of the image that they start from and of the numbers and images that they
 * are told: changes at random, each value by plus or minus the size, and those that projected gradient finds, which
 * change samples most (Madry et al. 2018); of a number both ends are tried. The sampler is DDIM without noise of its
 * own, through which gradients go.
 *
 * Conditions are only those that are told; of a class there is no small change.
 */
export async function measureRobustness(
  model: OpenModel,
  { held, sizes, count, ascents, steps, strength, seed, signal }: RobustnessOptions,
): Promise<Robustness[]> {
  const { conditions = [], alphaBars } = model;
  const denoiser = conditionedDenoiser(layersDenoiser(model.model), conditions);
  const images = held.images.slice(0, count);
  const condition = await held.told(0, images.length);
  const start = Math.min(alphaBars.length - 1, Math.floor(strength * alphaBars.length));
  const x0 = tf.tidy(() => tf.concat(images.map(imageTensor)));
  const noise = randomNormal(x0.shape, { seed, stream: NOISE_STREAM, step: 0 });
  const sampleOf = (from: number, image: tf.Tensor4D, fields: ConditionFields | undefined) => {
    const noised = tf.add(
      tf.mul(image, Math.sqrt(alphaBars[from])),
      tf.mul(noise, Math.sqrt(1 - alphaBars[from])),
    );
    return shortDdim(denoiser, model, { xT: noised as tf.Tensor4D, from, steps, fields });
  };
  /** What is changed, and the sample as a function of it. */
  const sources: { of: string; value: tf.Tensor; sample: (value: tf.Tensor) => tf.Tensor }[] = [
    { of: INITIAL, value: x0, sample: (value) => sampleOf(start, value as tf.Tensor4D, condition) },
    ...conditions
      .filter(({ kind }) => kind !== 'class')
      .map(({ name }) => ({
        of: name,
        value: condition![name],
        // From nothing but noise, so that nothing else says what the image is.
        sample: (value: tf.Tensor) => sampleOf(alphaBars.length - 1, x0, { ...condition, [name]: value }),
      })),
  ];
  const found: Robustness[] = [];
  try {
    for (const [index, { of, value, sample }] of sources.entries()) {
      const clean = tf.tidy(() => sample(value));
      const changeOf = (delta: tf.Tensor) =>
        tf.mean(tf.squaredDifference(sample(tf.add(value, delta)), clean)) as tf.Scalar;
      try {
        for (const size of sizes) {
          const key = { seed, stream: CHANGE_STREAM, step: index };
          const random = tf.tidy(() =>
            tf.mul(tf.sign(tf.sub(randomUniform(value.shape as [number], key), 0.5)), size),
          );
          const isNumber = value.rank === 2;
          const worst = isNumber
            ? await worstCorner(changeOf, value.shape as [number, number], size)
            : await ascend(changeOf, random, { size, ascents, signal });
          found.push({ of, size, random: Math.sqrt(await read(changeOf, random)), worst: Math.sqrt(worst) });
          random.dispose();
        }
      } finally {
        clean.dispose();
      }
    }
  } finally {
    tf.dispose([x0, noise]);
    if (condition) tf.dispose(condition);
  }
  return found;
}

/** The largest value at the corners of a cube around no change, the same for each sample: a number has few. */
async function worstCorner(
  f: (delta: tf.Tensor) => tf.Scalar,
  [rows, values]: [number, number],
  size: number,
): Promise<number> {
  let worst = 0;
  for (let corner = 0; corner < 2 ** values; corner++) {
    const signs = Float32Array.from({ length: rows * values }, (_, i) =>
      (corner >> (i % values)) & 1 ? size : -size,
    );
    const delta = tf.tensor2d(signs, [rows, values]);
    worst = Math.max(worst, await read(f, delta));
    delta.dispose();
  }
  return worst;
}

/** The largest value that a few steps of projected gradient reach from a change, within a cube around none. */
async function ascend(
  f: (delta: tf.Tensor) => tf.Scalar,
  from: tf.Tensor,
  { size, ascents, signal }: { size: number; ascents: number; signal?: AbortSignal },
): Promise<number> {
  const gradient = tf.grad(f as (x: tf.Tensor) => tf.Tensor);
  const rate = (2.5 * size) / ascents;
  let delta = tf.clone(from);
  let best = await read(f, delta);
  try {
    for (let i = 0; i < ascents; i++) {
      await turn(signal);
      const next = tf.tidy(() =>
        tf.clipByValue(tf.add(delta, tf.mul(tf.sign(gradient(delta)), rate)), -size, size),
      );
      delta.dispose();
      delta = next;
      best = Math.max(best, await read(f, delta));
    }
  } finally {
    delta.dispose();
  }
  return best;
}

async function read(f: (delta: tf.Tensor) => tf.Scalar, delta: tf.Tensor): Promise<number> {
  const value = tf.tidy(() => f(delta));
  const [number] = await value.data();
  value.dispose();
  return number;
}

/** Where a short reverse process begins, and what it is told. */
interface ShortDdim {
  xT: tf.Tensor4D;
  /** The timestep of xT. */
  from: number;
  steps: number;
  fields: ConditionFields | undefined;
}

/** DDIM in a few steps, without clipping, as one function that has a gradient. */
function shortDdim(
  denoiser: Denoiser<ConditionFields | undefined>,
  { alphaBars, diffusion: { predictionType } }: Pick<OpenModel, 'alphaBars' | 'diffusion'>,
  { xT, from, steps, fields }: ShortDdim,
): tf.Tensor4D {
  const options = { alphaBars, predictionType };
  let x = xT;
  for (let i = 0; i < steps; i++) {
    const [t, next] = [i, i + 1].map((step) => Math.round(from * (1 - step / steps)));
    const times = new Int32Array(x.shape[0]).fill(t);
    const prediction = denoiser(x, tf.tensor1d(times, 'int32'), fields, { training: false, step: 0 });
    const x0 = predictX0(x, times, prediction, options);
    if (i === steps - 1) return x0;
    const noise = predictNoise(x, times, prediction, options);
    x = tf.add(tf.mul(x0, Math.sqrt(alphaBars[next])), tf.mul(noise, Math.sqrt(1 - alphaBars[next])));
  }
  return x;
}

/** As Markdown. */
export function robustnessText(
  found: readonly Robustness[],
  { count, steps, ascents, strength }: RobustnessOptions,
): string {
  return [
    '## Robustness',
    '',
    `How much ${count} samples by DDIM in ${steps} steps change (root mean square, as the network has them) where ` +
      'each value of the first column changes by no more than the size: at random, and at worst, as ' +
      `${ascents} steps of projected gradient find it, of a number the worse of both ends. An initial image ` +
      `is taken back by ${strength} of the timesteps.`,
    '',
    '| changed | by | at random | at worst |',
    '|---|---|---|---|',
    ...found.map(
      ({ of, size, random, worst }) =>
        `| ${of} | ${size} | ${random.toPrecision(3)} | ${worst.toPrecision(3)} |`,
    ),
    '',
  ].join('\n');
}
