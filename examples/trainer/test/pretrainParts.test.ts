import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChipBatch } from '../../../src/data/node/ChipBatch.js';
import type { ChipLoader } from '../../../src/data/node/ChipLoader.js';
import { computeAlphaSchedule } from '../../../src/diffusion/computeAlphaSchedule.js';
import type { Denoiser } from '../../../src/diffusion/Denoiser.js';
import { makeBetaSchedule } from '../../../src/diffusion/makeBetaSchedule.js';
import { randomNormal } from '../../../src/internal/philox.js';
import { mse } from '../../../src/losses/mse.js';
import { layersDenoiser } from '../../../src/models/layersDenoiser.js';
import { namedParameters } from '../../../src/models/namedParameters.js';
import { unetAttD } from '../../../src/models/unetAttD.js';
import { AdamW } from '../../../src/optimizers/AdamW.js';
import { constant } from '../../../src/schedulers/constant.js';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';
import { expectTensorsKept, startTestBackend } from '../../../test/support/backend.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { SkippedChips } from '../src/data/SkippedChips.js';
import { affineError, BandStatistics } from '../src/run/baselineLoss.js';
import type { Run } from '../src/run/Run.js';
import { RunEvents } from '../src/run/RunEvents.js';
import { trainEpoch } from '../src/run/trainEpoch.js';
import { baselineLoss, validate } from '../src/run/validate.js';

const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
let stream = 0;
const normals = (count: number) => randomNormal(count, { seed: 7, stream: stream++, step: 0 });

/** Normal values of two bands, channels last: means 0.3 and 0.6, standard deviations 0.05 and 0.2. */
function twoBands(pixels: number): Float32Array {
  const [means, deviations] = [
    [0.3, 0.6],
    [0.05, 0.2],
  ];
  return normals(2 * pixels).map((value, i) => means[i % 2] + deviations[i % 2] * value);
}

describe('BandStatistics', () => {
  it('pools the mean and variance of each band over batches of any size', () => {
    const images = twoBands(1000).map((value) => value + 100);
    const statistics = new BandStatistics(2);
    for (const [from, to] of [
      [0, 2],
      [2, 700],
      [700, 2000],
    ]) {
      statistics.add(images.subarray(from, to));
    }
    statistics.moments().forEach(({ mean, variance }, band) => {
      const values = [...images].filter((_, i) => i % 2 === band);
      const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean).toBeCloseTo(expected, 9);
      const square = values.reduce((sum, value) => sum + (value - expected) ** 2, 0) / values.length;
      expect(variance / square).toBeCloseTo(1, 9);
    });
    expect(Math.sqrt(statistics.moments()[1].variance)).toBeCloseTo(0.2, 1);
  });
});

/** Sum of the squared errors of the straight line through (x, y), fitted by least squares. */
function lineError(x: number[], y: number[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const slope =
    mean(x.map((value, i) => (value - mx) * (y[i] - my))) / mean(x.map((value) => (value - mx) ** 2));
  return x.reduce((sum, value, i) => sum + (my + slope * (value - mx) - y[i]) ** 2, 0);
}

describe('affineError', () => {
  const kinds = ['noise', 'x0', 'v'] as const;
  const cases = [0, 5, 40, 200, 500, 999].flatMap((t) => kinds.map((kind) => [t, kind] as const));
  it.each(cases)('at t = %i is the error of the least-squares line of each band, for %s', (t, kind) => {
    const [x0, noise] = [twoBands(5000), normals(10000)];
    const statistics = new BandStatistics(2);
    statistics.add(x0);
    const alphaBar = alphaBars[t];
    let expected = 0;
    for (const band of [0, 1]) {
      const of = (values: Float32Array) => [...values].filter((_, i) => i % 2 === band);
      const [clean, added] = [of(x0), of(noise)];
      const [a, s] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
      const x = clean.map((value, i) => a * value + s * added[i]);
      const y = { noise: added, x0: clean, v: clean.map((value, i) => a * added[i] - s * value) }[kind];
      expected += lineError(x, y);
    }
    const ratio = affineError({ x0, noise }, alphaBar, statistics.moments(), kind) / expected;
    // No line is better on these very values; one fitted on others of their kind is hardly worse.
    expect(ratio).toBeGreaterThan(1 - 1e-6);
    expect(ratio).toBeLessThan(1.003);
  });
});

/** Chips of 2 × 2 pixels and two bands, as many a batch as `sizes` says; `pixels` gives a chip's values. */
function loaderOf(sizes: number[], pixels: (chip: number) => Float32Array): ChipLoader {
  async function* epoch(): AsyncGenerator<ChipBatch> {
    let first = 0;
    for (const [batch, size] of sizes.entries()) {
      const indices = Array.from({ length: size }, (_, i) => first + i);
      first += size;
      const images = Float32Array.from(indices.flatMap((index) => [...pixels(index)]));
      const files = indices.map((index) => [`${index}.tif`]);
      yield { batch, images, shape: [size, 2, 2, 2], indices, rows: indices, files, skipped: [] };
    }
  }
  return { epoch, shape: [2, 2, 2], batchesPerEpoch: sizes.length } as unknown as ChipLoader;
}

describe('validation', () => {
  beforeAll(startTestBackend);
  const zeros = () => new Float32Array(8);

  it('noises every chip the same way each time, at timesteps all over the schedule', async () => {
    const seen: { t: number[]; noise: number[][] }[] = [];
    const denoiser: Denoiser = (xT, t) => {
      const steps = [...t.dataSync()];
      const values = [...xT.dataSync()];
      const scaled = steps.map((step, i) =>
        values.slice(8 * i, 8 * i + 8).map((value) => value / Math.sqrt(1 - alphaBars[step])),
      );
      seen.push({ t: steps, noise: scaled });
      return tf.zerosLike(xT);
    };
    const options = { alphaBars, seed: 3, loss: mse };
    const loader = loaderOf([16, 16, 1], zeros);
    const run = () => expectTensorsKept(0, () => validate(denoiser, loader, options));
    const [first, second] = [await run(), await run()];
    expect(second).toBe(first);
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
    const t = seen.slice(0, 3).flatMap((batch) => batch.t);
    for (let part = 0; part < 8; part++) {
      const inPart = t.filter((step) => Math.floor(step / 125) === part).length;
      expect(inPart, `timesteps in eighth ${part}`).toBeGreaterThan(2);
    }
    // The prediction is zero, so the loss is the mean square of the noise: each chip counts the same.
    const noise = seen.slice(0, 3).flatMap((batch) => batch.noise.flat());
    expect(new Set(noise).size).toBeGreaterThan(0.98 * noise.length);
    expect(first).toBeCloseTo(noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length, 4);
    expect(await validate(denoiser, loader, { ...options, seed: 4 })).not.toBe(first);
  });

  it.each(['noise', 'x0', 'v'] as const)('compares what the network predicts: %s', async (predictionType) => {
    // The chips are 0, so x_t = √(1 − ᾱ) · noise and v = √ᾱ · noise.
    const denoiser: Denoiser = (xT, t) => {
      const alphaBar = tf.tensor(Array.from(t.dataSync(), (step) => alphaBars[step]));
      const factors = {
        noise: tf.rsqrt(tf.sub(1, alphaBar)),
        x0: tf.zerosLike(alphaBar),
        v: tf.sqrt(tf.div(alphaBar, tf.sub(1, alphaBar))),
      };
      return tf.mul(xT, tf.reshape(factors[predictionType], [-1, 1, 1, 1]));
    };
    const loader = loaderOf([16], zeros);
    const options = { alphaBars, seed: 3, loss: mse };
    expect(await validate(denoiser, loader, { ...options, predictionType })).toBeLessThan(1e-5);
    const other = predictionType === 'noise' ? 'x0' : 'noise';
    expect(await validate(denoiser, loader, { ...options, predictionType: other })).toBeGreaterThan(0.1);
  });

  it('has a baseline of 0 where every band is constant, and near 1 where it varies without end', async () => {
    const constantBands = () => Float32Array.of(1, 5, 1, 5, 1, 5, 1, 5);
    const flat = loaderOf([4, 4], constantBands);
    const options = { alphaBars, seed: 0 };
    expect(await expectTensorsKept(0, () => baselineLoss(flat, flat, options))).toBeLessThan(1e-4);
    const wild = loaderOf([8], (chip) => Float32Array.from({ length: 8 }, (_, i) => 1e6 * ((chip + i) % 2)));
    expect(await baselineLoss(wild, wild, options)).toBeGreaterThan(0.7);
  });

  it('refuses to go on without a chip', async () => {
    const none = loaderOf([], zeros);
    await expect(baselineLoss(none, none, { alphaBars, seed: 0 })).rejects.toThrow(/No validation chip/);
  });
});

describe('trainEpoch', () => {
  beforeAll(startTestBackend);

  /** A run of a tiny network on chips of 32 × 32 pixels, with what a test wants otherwise. */
  function makeRun(
    batches: number,
    { loss = mse, accumulate = 1 }: { loss?: typeof mse; accumulate?: number } = {},
  ): Run {
    const { config } = parsePretrainOptions([]);
    const model = unetAttD({ inChannels: 1, filterConfig: [4, 4, 4, 4, 4, 4], blockNum: [1, 1, 1, 1, 1, 1] });
    const schedule = constant(1e-3);
    async function* epoch(_: number, { startBatch = 0 } = {}): AsyncGenerator<ChipBatch> {
      for (let batch = startBatch; batch < batches; batch++) {
        const indices = [2 * batch, 2 * batch + 1];
        const files = indices.map((index) => [`${index}-a.tif`, `${index}-b.tif`]);
        yield {
          batch,
          images: new Float32Array(normals(2048)),
          shape: [2, 32, 32, 1],
          indices,
          rows: indices,
          files,
          skipped: [],
        };
      }
    }
    const history: unknown[] = [];
    return {
      config: { ...config, accumulate, clipNorm: 1, epochs: 1, snrPower: 0 },
      state: {
        epoch: 0,
        nextBatch: 0,
        step: 0,
        epochLoss: { sum: 0, count: 0 },
        epochImages: 0,
        epochSeconds: 0,
        epochWaitSeconds: 0,
        history,
      },
      data: {
        train: { epoch, batchesPerEpoch: batches },
        skipped: new SkippedChips('', { warning: () => {} }),
        contents: { train: { check: () => {} } },
      },
      model,
      denoiser: layersDenoiser(model),
      parameters: namedParameters(model),
      optimizer: new AdamW({ learningRate: 1e-3 }),
      schedule,
      frozenFrom: Number.POSITIVE_INFINITY,
      alphaBars,
      loss,
      isStarted: true,
      beginning: 0,
      events: new RunEvents([]),
      checkpointSteps: 1000,
    } as unknown as Run;
  }

  it('makes one step of so many batches, the rest of the epoch one more, and goes on where it stands', async () => {
    const run = makeRun(5, { accumulate: 2 });
    await trainEpoch(run);
    expect(run.state).toMatchObject({ step: 3, nextBatch: 5, epochImages: 10, epochLoss: { count: 3 } });
    run.state.nextBatch = 4;
    await expectTensorsKept(0, () => trainEpoch(run));
    expect(run.state).toMatchObject({ step: 4, epochImages: 12 });
  });

  it('leaves the checkpoint at the end of an epoch to the one who validates it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'train-epoch-'));
    try {
      await trainEpoch(Object.assign(makeRun(3), { folder, checkpointSteps: 1 }));
      const state = readCheckpointState(readFileSync(path.join(folder, 'latest.safetensors')));
      // One after the last step would log the epoch a second time when a run killed during validation is resumed.
      expect(state).toMatchObject({ step: 2, nextBatch: 2, epochLoss: { count: 2 } });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('names the chips of a loss that is not finite, and counts no step', async () => {
    let calls = 0;
    const loss = ((prediction, target) =>
      calls++ === 1 ? tf.mul(mse(prediction, target), Number.NaN) : mse(prediction, target)) as typeof mse;
    const run = makeRun(3, { loss });
    await expect(trainEpoch(run)).rejects.toThrow(
      /the loss is NaN.*\nChips of the batch: 2-a\.tif \+ 2-b\.tif, 3-a\.tif \+ 3-b\.tif$/s,
    );
    expect(run.state.step).toBe(1);
  });

  it('stops where a step leaves tensors behind', async () => {
    const loss = ((prediction, target) => {
      tf.keep(tf.scalar(1));
      return mse(prediction, target);
    }) as typeof mse;
    await expect(trainEpoch(makeRun(3, { loss }))).rejects.toThrow(/step 2 left 1 tensors behind/);
  });
});
