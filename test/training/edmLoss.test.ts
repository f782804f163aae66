import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { edmFactors, logNormalSigmas } from '../../src/diffusion/index.js';
import { randomNormal, randomUniform } from '../../src/internal/philox.js';
import { l1 } from '../../src/losses/index.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { edmSchedule, sampleHeun } from '../../src/samplers/index.js';
import { edmLoss } from '../../src/training/edmLoss.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const normals = (shape: number[], step: number, stream = 1) =>
  tf.tensor(randomNormal(tf.util.sizeFromShape(shape), { seed: 2, stream, step }), shape);

describe('edmLoss', () => {
  const sigmas = [0.002, 0.3, 1.7, 80];
  const shape = [4, 3, 2];
  /** Some network that tells its arguments apart. */
  const network = (input: tf.Tensor, t: tf.Tensor1D) => tf.add(tf.mul(input, 0.7), tf.reshape(t, [4, 1, 1]));

  it.each([0.5, 1.3])('is λ(σ) · ‖D(x0 + σ · noise; σ) − x0‖², σ_data %d', async (sigmaData) => {
    const [x0, noise] = [normals(shape, 0), normals(shape, 1)];
    const value = await expectTensorsKept(1, () => edmLoss(network, { x0, sigmas, noise }, { sigmaData }));
    const [clean, drawn] = [await x0.data(), await noise.data()];
    let sum = 0;
    clean.forEach((x, i) => {
      const sigma = sigmas[Math.floor(i / 6)];
      const { skip, out, in: scale, noise: t, weight } = edmFactors(sigma, sigmaData);
      const noisy = x + sigma * drawn[i];
      const estimate = skip * noisy + out * (0.7 * scale * noisy + t);
      sum += weight * (estimate - x) ** 2;
    });
    expectClose(await value.data(), [sum / clean.length], { abs: 1e-5, rel: 1e-5 });
  });

  it('is 0 for the network that knows the clean image, at every level', async () => {
    const [x0, noise] = [normals(shape, 0), normals(shape, 1)];
    const knowing = () => {
      const columns = (f: (sigma: number) => number) => tf.tensor(sigmas.map(f), [4, 1, 1]);
      const noisy = tf.add(
        x0,
        tf.mul(
          columns((sigma) => sigma),
          noise,
        ),
      );
      const rest = tf.sub(
        x0,
        tf.mul(
          columns((sigma) => edmFactors(sigma).skip),
          noisy,
        ),
      );
      return tf.div(
        rest,
        columns((sigma) => edmFactors(sigma).out),
      );
    };
    const [value] = await edmLoss(knowing, { x0, sigmas, noise }).data();
    expect(value).toBeLessThan(1e-5);
    const [other] = await edmLoss(() => tf.mul(knowing(), 1.1), { x0, sigmas, noise }).data();
    expect(other).toBeGreaterThan(1e-3);
  });

  it('calls the network as EDM does, with the condition and the step', async () => {
    const [x0, noise] = [normals(shape, 0), normals(shape, 1)];
    let seen: unknown;
    let times: tf.Tensor | undefined;
    const denoiser = (input: tf.Tensor, t: tf.Tensor1D, condition: string, call: unknown) => {
      seen = [t.dtype, condition, call];
      times = tf.keep(tf.clone(t));
      return input;
    };
    const batch = { x0, sigmas, noise, condition: 'a class' };
    edmLoss(denoiser, batch, { training: true, step: 7, loss: l1 });
    expect(seen).toEqual(['float32', 'a class', { training: true, step: 7 }]);
    expect(await times?.data()).toEqual(Float32Array.from(sigmas, (sigma) => Math.log(sigma) / 4));
    const squared = await edmLoss(denoiser, batch).data();
    expect(await edmLoss(denoiser, batch, { loss: l1 }).data()).not.toEqual(squared);
  });

  it('names what it cannot use', () => {
    const [x0, noise] = [tf.ones([2, 3]), tf.ones([2, 3])];
    const same = (x: tf.Tensor) => x;
    expect(() => edmLoss(same, { x0, sigmas: [1], noise })).toThrow(
      /^edmLoss: sigmas\.length is 1; it must be 2/,
    );
    expect(() => edmLoss(same, { x0, sigmas: [1, 0], noise })).toThrow(/^edmFactors: sigma is 0/);
    expect(() => edmLoss(same, { x0, sigmas: [1, 1], noise: tf.ones([2]) })).toThrow(
      /^edmLoss: noise\.shape is \[2\]; it must be \[2,3\] as x0's\.$/,
    );
  });
});

describe('a network trained by edmLoss', () => {
  it('is sampled by edmSchedule', async () => {
    // Data N(0.4, 0.3²): the best network is affine in its input, with factors that follow from the level.
    const [m, s, sigmaData] = [0.4, 0.3, 0.5];
    const uniform = (shape: number[], scale: number, step: number) =>
      tf.variable(
        tf.tensor(
          randomUniform(tf.util.sizeFromShape(shape), { seed: 1, stream: 9, step }).map(
            (u) => scale * (2 * u - 1),
          ),
          shape,
        ),
      );
    const [first, bias, second] = [uniform([1, 24], 4, 0), uniform([24], 4, 1), uniform([24, 2], 0.2, 2)];
    const variables = [first, bias, second];
    const network = (input: tf.Tensor, t: tf.Tensor1D) => {
      const hidden = tf.tanh(
        tf.add(tf.matMul(tf.reshape(t, [-1, 1]) as tf.Tensor2D, first as tf.Tensor2D), bias),
      );
      const [slope, offset] = tf.split(tf.matMul(hidden as tf.Tensor2D, second as tf.Tensor2D), 2, 1);
      return tf.add(tf.mul(input, slope), offset);
    };
    const optimizer = new AdamW({ learningRate: 0.02, weightDecay: 0 });
    const count = 256;
    for (let step = 0; step < 400; step++) {
      if (step === 250) optimizer.learningRate = 0.004;
      tf.tidy(() => {
        const x0 = tf.add(m, tf.mul(normals([count, 1], step, 2), s));
        const sigmas = logNormalSigmas(count, { seed: 3, stream: 4, step }, { mean: -0.6, deviation: 1.6 });
        const batch = { x0, sigmas, noise: normals([count, 1], step, 3) };
        const { grads } = tf.variableGrads(() => edmLoss(network, batch, { sigmaData }), variables);
        optimizer.applyGradients(grads);
      });
    }
    const samples = await sampleHeun(network, edmSchedule({ sigmaData, sigmaMax: 20 }), {
      shape: [4096, 1],
      steps: 24,
      seed: 5,
    });
    const { mean, variance } = tf.moments(samples);
    const [center, spread] = [(await mean.data())[0], Math.sqrt((await variance.data())[0])];
    expect(Math.abs(center - m)).toBeLessThan(0.05);
    expect(Math.abs(spread / s - 1)).toBeLessThan(0.1);
    tf.dispose([samples, mean, variance, ...variables]);
  });
});
