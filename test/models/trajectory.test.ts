import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { trainStep } from '../../src/training/trainStep.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import { type TorchConfig, unetConfig } from '../support/unetConfig.js';

interface Trajectory {
  tolerance: {
    losses: Tolerance;
    final_state: Tolerance & { fraction: number };
    final_state_every_element: Tolerance;
    noise_driven_entries: Tolerance;
    eval_output_abs: number;
  };
  config: TorchConfig;
  schedule: { scheduler_type: 'linear'; timesteps: number; beta_start: number; beta_end: number };
  optimizer: { name: string; lr: number; weight_decay: number; betas: [number, number]; eps: number };
  steps: number;
  losses: number[];
  noise_driven_entries: string[];
}

const trajectory = readFixture<Trajectory>('unet/trajectory.json');
const load = (part: string) =>
  readSafetensors(new Uint8Array(readFileSync(fixturePath(`unet/trajectory.${part}.safetensors`)))).tensors;
type Shape4 = [number, number, number, number];

beforeAll(startTestBackend);

describe('unet/trajectory.json: ten steps of AdamW', () => {
  const { tolerance } = trajectory;
  const build = () => {
    const model = unetAttD(unetConfig(trajectory.config));
    const parameters = namedParameters(model);
    loadTorchStateDict(parameters, load('init'));
    return { model, parameters };
  };
  const evaluation = load('eval');
  const evaluate = async (model: ReturnType<typeof unetAttD>) => {
    const xT = evaluation.get('x_t')!;
    const t = tf.tensor1d(evaluation.get('t')!.data as Int32Array, 'int32');
    const output = model.apply([tf.tensor4d(xT.data as Float32Array, xT.shape as Shape4), t]) as tf.Tensor4D;
    return output.data();
  };

  it('has the losses, the final state and the final output of torch', async () => {
    const { model, parameters } = build();
    const expectedAtStart = evaluation.get('output_eval_init')!.data as Float32Array;
    expectClose(await evaluate(model), expectedAtStart, { abs: tolerance.eval_output_abs });

    const { schedule } = trajectory;
    const betas = makeBetaSchedule(schedule.timesteps, {
      type: schedule.scheduler_type,
      betaStart: schedule.beta_start,
      betaEnd: schedule.beta_end,
    });
    const { alphaBars } = computeAlphaSchedule(betas);
    const { lr, weight_decay: weightDecay, betas: moments, eps, name } = trajectory.optimizer;
    expect(name).toBe('adamw');
    const optimizer = new AdamW({ learningRate: lr, weightDecay, betas: moments, eps });
    const data = load('data');
    const trainable = parameters.filter(({ spec }) => spec.trainable);
    const x0 = tf.tensor4d(data.get('x0')!.data as Float32Array, data.get('x0')!.shape as Shape4);
    const losses: number[] = [];
    const denoiser = layersDenoiser(model);
    for (let step = 0; step < trajectory.steps; step++) {
      const t = (data.get('t')!.data as Int32Array).slice(step * x0.shape[0], (step + 1) * x0.shape[0]);
      const noise = tf.tensor4d(
        (data.get('noise')!.data as Float32Array).slice(step * x0.size, (step + 1) * x0.size),
        x0.shape,
      );
      const options = { optimizer, parameters: trainable, alphaBars, step };
      const run = () => trainStep(denoiser, [{ x0, t, noise }], options);
      // The first step makes the state vectors; no later one leaves anything behind.
      losses.push((step === 0 ? await run() : await expectTensorsKept(0, run)).loss);
      noise.dispose();
    }
    expectClose(losses, trajectory.losses, tolerance.losses);

    const expected = load('final');
    const actual = await toTorchStateDict(parameters);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    let within = 0;
    let total = 0;
    for (const [name, tensor] of expected) {
      const reference = Array.from(tensor.data as Float32Array, Number);
      const values = Array.from(actual.get(name)!.data as Float32Array, Number);
      if (trajectory.noise_driven_entries.includes(name)) {
        expectClose(values, reference, tolerance.noise_driven_entries);
        continue;
      }
      expectClose(values, reference, tolerance.final_state_every_element);
      const { abs, rel = 0 } = tolerance.final_state;
      within += reference.filter(
        (value, i) => Math.abs(values[i] - value) <= abs + rel * Math.abs(value),
      ).length;
      total += reference.length;
    }
    expect(within / total).toBeGreaterThanOrEqual(tolerance.final_state.fraction);
    const expectedAtEnd = evaluation.get('output_eval_final')!.data as Float32Array;
    expectClose(await evaluate(model), expectedAtEnd, { abs: tolerance.eval_output_abs });
  });

  it('has the activations of every sub-module', async () => {
    const activations = load('activations');
    const { model } = build();
    const xT = activations.get('x_t')!;
    const t = tf.tensor1d(activations.get('t')!.data as Int32Array, 'int32');
    const input = tf.tensor4d(xT.data as Float32Array, xT.shape as Shape4);
    const names = [...activations.keys()].filter((name) => name !== 'x_t' && name !== 't');
    expect(names.length).toBeGreaterThan(0);
    const { model: part } = await import('@tensorflow/tfjs-layers');
    const taps = part({
      inputs: model.inputs,
      outputs: names.map((name) => model.getLayer(name).output as never),
    });
    const outputs = taps.apply([input, t]) as tf.Tensor[];
    for (const [i, name] of names.entries()) {
      expectClose(await outputs[i].data(), activations.get(name)!.data as Float32Array, {
        abs: 1e-3,
        rel: 1e-3,
      });
    }
  });
});
