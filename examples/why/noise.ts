/**
 * Noise: the whole image at once, in many small steps. Asked for a chip under much noise, the best answer is a mean of
 * many, blur again; but it need not be right at once. A little of the noise is taken away towards it, what is left is
 * asked about again, fewer chips are likely, the mean is of fewer, and in the end of one. For the training chips that
 * best answer has a formula: their mean, each weighed by how likely it is to have become this noisy one.
 *
 * That perfect answer knows the training chips and nothing else, so that it ends at one of them. A network cannot keep
 * them all: it answers by what chips have in common, and its samples are new.
 *
 * Run as `node --import ./examples/tsx.mjs examples/why/noise.ts` after `npm run build`: some ten seconds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { computeAlphaSchedule, type Denoiser, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { BANDS, LENGTH, readChips, SIDE, shown, writePicture } from './chips.js';

const SAMPLES = 5;
const STEPS = 80;
/** Steps after which moments are shown. */
const SHOWN = [1, 3, 5, 8, 20];

const { dispose } = await initBackend({ device: 'wasm' });
const train = await readChips('train');
// Scaled to mean 0 and deviation 1, as noise has.
const all = tf.tensor2d(Float32Array.from(train.flatMap((chip) => [...chip])), [train.length, LENGTH]);
const { mean, variance } = tf.moments(all);
const [[centre], [square]] = [await mean.data(), await variance.data()];
const deviation = Math.sqrt(square);
const chips = tf.div(tf.sub(all, centre), deviation) as tf.Tensor2D;
const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'squaredcos_cap_v2' }));
const levels = tf.tensor1d(Float32Array.from(alphaBars));

/** How likely each training chip is to have become a noisy one: [images, chips]. */
function weightsOf(xT: tf.Tensor, t: tf.Tensor1D): tf.Tensor2D {
  const alphaBar = tf.reshape(tf.gather(levels, t), [-1, 1]);
  const flat = tf.reshape(xT, [-1, LENGTH]) as tf.Tensor2D;
  // -‖x_t − √ᾱ · x‖² / (2 (1 − ᾱ)), without what all chips share.
  const products = tf.mul(tf.matMul(flat, chips, false, true), tf.sqrt(alphaBar));
  const squares = tf.mul(tf.sum(tf.square(chips), 1), alphaBar);
  return tf.softmax(tf.div(tf.sub(products, tf.div(squares, 2)), tf.sub(1, alphaBar)) as tf.Tensor2D);
}

/** The mean of the training chips, given a noisy one. */
const ideal: Denoiser<undefined> = (xT, t) => tf.reshape(tf.matMul(weightsOf(xT, t), chips), xT.shape);

/** How many chips count: one over the sum of the squares of their weights. */
async function countOf(xT: tf.Tensor, t: number): Promise<number> {
  const sum = tf.tidy(() => tf.mean(tf.sum(tf.square(weightsOf(xT, tf.fill([SAMPLES], t, 'int32'))), 1)));
  const [value] = await sum.data();
  sum.dispose();
  return 1 / value;
}

const images = async (tensor: tf.Tensor) => {
  const values = await tensor.data();
  return Array.from({ length: SAMPLES }, (_, i) =>
    Float32Array.from(values.slice(i * LENGTH, (i + 1) * LENGTH), (value) => centre + deviation * value),
  );
};
const moments: { name: string; noisy: Float32Array[]; answer: Float32Array[]; count: number }[] = [];
const result = await sampleDdim(ideal, alphaBars, {
  shape: [SAMPLES, SIDE, SIDE, BANDS],
  steps: STEPS,
  predictionType: 'x0',
  seed: 3,
  onStep: async ({ step, t, xT, x0 }) => {
    if (!SHOWN.includes(step)) return;
    const name = `t = ${t}`;
    moments.push({ name, noisy: await images(xT), answer: await images(x0), count: await countOf(xT, t) });
  },
});
const drawn = await images(result);
const nearest = drawn.map((sample) => {
  const distances = train.map((chip) => chip.reduce((sum, value, i) => sum + (value - sample[i]) ** 2, 0));
  return Math.sqrt(Math.min(...distances) / LENGTH);
});
await writePicture('noise', {
  title: 'From noise, by the best answer there is to each noisy chip',
  rows: drawn.map((sample, i) => [
    ...moments.flatMap(({ noisy, answer }) => [shown(noisy[i]), shown(answer[i])]),
    shown(sample),
  ]),
  columnLabels: [
    ...moments.flatMap(({ name, count }) => {
      return [
        [name, ''],
        ['answer', `mean of ${count < 10 ? count.toFixed(1) : count.toFixed(0)}`],
      ] as const;
    }),
    ['result', ''],
  ],
  rowLabels: nearest.map((distance, i) => `sample ${i + 1}\nnearest chip ${distance.toFixed(3)}`),
  caption: `${STEPS} steps. So many chips count in the mean; in the end one, a training chip.`,
  minimumSize: 64,
});
tf.dispose([all, chips, mean, variance, levels, result]);
await dispose();
