/**
 * Denoisers of your own with the samplers, which take any function of (xT, t): here a formula and a small network.
 *
 * The data are spectra of single pixels, of water, forest and sand. For data this simple the best
 * prediction is known in closed form; the network learns it from samples. Run as: tsx custom-denoiser.ts STEPS
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { initBackend } from 'diffusion-ssl/backends/node';
import {
  computeAlphaSchedule,
  gatherSchedule,
  getTimestepEmbedding,
  makeBetaSchedule,
  qSample,
} from 'diffusion-ssl/diffusion';
import { mse } from 'diffusion-ssl/losses';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { type Denoiser, sampleDdim, sampleDdpm } from 'diffusion-ssl/samplers';

const steps = Number(process.argv[2] ?? 2000);
const classes = ['water', 'forest', 'sand'];
/** Mean red, green, blue and near infrared of each class; around it the bands vary by `SPREAD`. */
const means = [
  [-0.8, -0.6, -0.2, -0.9],
  [-0.6, -0.2, -0.7, 0.8],
  [0.6, 0.4, 0.1, 0.5],
];
const BANDS = means[0].length;
const SPREAD = 0.05;

await initBackend();
const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));

/** A formula: the mean noise in xT, given that the data are a mixture of one Gaussian a class. */
const formula: Denoiser = (xT, t) => {
  const alphaBar = tf.reshape(gatherSchedule(alphaBars, t), [-1, 1, 1]);
  const variance = tf.add(tf.mul(alphaBar, SPREAD ** 2), tf.sub(1, alphaBar));
  const distances = tf.sub(tf.expandDims(xT, 1), tf.mul(tf.sqrt(alphaBar), tf.tensor3d([means])));
  const squares = tf.sum(tf.square(distances), 2, true);
  const shares = tf.expandDims(tf.softmax(tf.squeeze(tf.div(squares, tf.mul(variance, -2)), [2])), 2);
  const noise = tf.mul(tf.div(distances, variance), tf.sqrt(tf.sub(1, alphaBar)));
  return tf.sum(tf.mul(noise, shares), 1);
};

/** A network: any model, called as you like. */
const layers = tfl.sequential({
  layers: [
    tfl.layers.dense({ inputShape: [BANDS + 32], units: 128, activation: 'relu' }),
    tfl.layers.dense({ units: 128, activation: 'relu' }),
    tfl.layers.dense({ units: BANDS }),
  ],
});
const network: Denoiser = (xT, t) =>
  layers.apply(tf.concat([xT, getTimestepEmbedding(t, 32)], 1)) as tf.Tensor;

const optimizer = new AdamW({ learningRate: 2e-3 });
for (let step = 0; step < steps; step++) {
  const loss = tf.tidy(() => {
    const key = (stream: number) => ({ seed: 0, stream, step });
    const spectra = tf.tensor2d(Array.from(randomIntegers(128, 3, key(1)), (index) => means[index]));
    const x0 = tf.add(spectra, tf.mul(randomNormal([128, BANDS], key(2)), SPREAD));
    const t = tf.tensor1d(randomIntegers(128, 1000, key(3)), 'int32');
    const noise = randomNormal([128, BANDS], key(4));
    const xT = qSample(x0, t, alphaBars, noise);
    const loss = () => mse(network(xT, t, undefined, { training: true, step }), noise);
    return optimizer.minimize(loss, true)!;
  });
  if ((step + 1) % 200 === 0) console.log(`step ${step + 1}, loss ${(await loss.data())[0].toFixed(3)}`);
  loss.dispose();
}

/** Prints how many samples are within 0.25 of a class in every band. */
async function report(name: string, samples: tf.Tensor): Promise<void> {
  const values = (await samples.array()) as number[][];
  const counts = means.map((mean) => {
    const near = values.filter((spectrum) => spectrum.every((x, band) => Math.abs(x - mean[band]) < 0.25));
    return near.length;
  });
  const text = classes.map((label, i) => `${counts[i]} ${label}`).join(', ');
  console.log(`${name}: ${text}, ${values.length - counts.reduce((a, b) => a + b)} none`);
}
const options = { shape: [300, BANDS], steps: 100, clip: [-1, 1] as [number, number] };
await report('pure noise', randomNormal([300, BANDS], { seed: 0, stream: 5, step: 0 }));
await report('formula, DDIM', await sampleDdim(formula, alphaBars, options));
await report('formula, DDPM', await sampleDdpm(formula, alphaBars, options));
await report('network, DDIM', await sampleDdim(network, alphaBars, options));
await report('network, DDPM', await sampleDdpm(network, alphaBars, options));
