import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../../src/interop/loadTorchStateDict.js';
import type { SafetensorsTensor } from '../../../src/interop/safetensorsTypes.js';
import { toTorchStateDict } from '../../../src/interop/toTorchStateDict.js';
import { vit } from '../../../src/models/vit.js';
import { cosineSchedule } from '../../../src/ssl/dino/cosineSchedule.js';
import type { DinoNetwork } from '../../../src/ssl/dino/DinoNetwork.js';
import { DinoTraining } from '../../../src/ssl/dino/DinoTraining.js';
import { dinoHead } from '../../../src/ssl/dino/dinoHead.js';
import { dinoLoss } from '../../../src/ssl/dino/dinoLoss.js';
import { movedCentre } from '../../../src/ssl/dino/movedCentre.js';
import { teacherTemperatures } from '../../../src/ssl/dino/teacherTemperatures.js';
import { startTestBackend } from '../../support/backend.js';
import { expectClose, relativeL2, type Tolerance } from '../../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  type NetworkCase,
  readNetworkCase,
} from '../../support/networkCases.js';
import { permuted, readTensors, uploaded } from '../../support/peerFamily.js';

beforeAll(startTestBackend);

interface Training {
  name: string;
  config: Record<
    | 'img'
    | 'patch'
    | 'ch'
    | 'dim'
    | 'depth'
    | 'heads'
    | 'out'
    | 'hidden'
    | 'bottleneck'
    | 'mlp_ratio'
    | 'norm_eps'
    | 'head_layers',
    number
  >;
  norm_last_layer: boolean;
  steps: number;
  niter_per_epoch: number;
  clip_grad: number;
  freeze_last_layer: number;
  schedules: { lr: number[]; weight_decay: number[]; momentum: number[]; teacher_temp_per_epoch: number[] };
  loss_arguments: { student_temp: number; center_momentum: number };
  losses: number[];
  center: FixtureArray;
  noise_driven: string[];
  tolerance: {
    loss: Tolerance;
    center_abs: number;
    parameters_99_percent_abs: number;
    parameters_max_abs: number;
  };
}

interface Fixtures {
  heads: (NetworkCase & { arguments: Record<string, number>; norm_last_layer: boolean })[];
  collapsed_loss: { out_dim: number; loss: number };
  losses: {
    name: string;
    n_crops: number;
    arguments: { student_temp: number; center_momentum: number };
    steps: { teacher_temp: number; loss: number }[];
    tolerance: { loss: Tolerance; center_abs: number; gradient_rel_l2: number };
  }[];
  schedules: {
    tolerance_rel: number;
    list: { name: string; arguments: Record<string, number>; values: number[] }[];
  };
  training: Training[];
}

const fixtures = readFixture<Fixtures & Record<string, unknown>>('peers/dino/dino.json');

describe("dinoHead equals DINO's DINOHead", () => {
  // The family's file has no tolerances for networks of its own: the README's.
  const tolerance = {
    output: { abs: 2e-4, rel: 2e-4 },
    mse: { abs: 1e-5, rel: 2e-4 },
    grad_norm: { abs: 1e-5, rel: 2e-3 },
    grad_rel_l2: 5e-3,
    zero_gradient: 1e-4,
  };
  it.each(fixtures.heads)('$name', async (networkCase) => {
    const given = { ...networkCase, config: {} };
    const { in_dim, out_dim, nlayers, hidden_dim, bottleneck_dim } = networkCase.arguments;
    const model = dinoHead({
      inDim: in_dim,
      outDim: out_dim,
      nlayers,
      hiddenDim: hidden_dim,
      bottleneckDim: bottleneck_dim,
      normLastLayer: networkCase.norm_last_layer,
    });
    await loadNetworkCase(model, given);
    const { io } = readNetworkCase(given);
    const input = uploaded(io.get('input')!);
    const target = uploaded(io.get('target')!);
    const output = () => model.apply(input, { training: true }) as tf.Tensor;
    await checkNetworkCase(model, given, { output, target }, tolerance);
    model.dispose();
  });
});

describe("dinoLoss and movedCentre equal DINO's DINOLoss", () => {
  const tensors = readTensors('peers/dino/loss.safetensors');
  it.each(fixtures.losses)('$name', async ({ name, n_crops: crops, arguments: given, steps, tolerance }) => {
    for (const [k, { teacher_temp: teacherTemperature, loss }] of steps.entries()) {
      const read = (what: string) => uploaded<tf.Rank.R2>(tensors.get(`${name}/step${k}/${what}`)!);
      const [student, teacher, centre] = ['student', 'teacher', 'center_before'].map(read);
      const options = { crops, centre, studentTemperature: given.student_temp, teacherTemperature };
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => dinoLoss(x as tf.Tensor2D, teacher, options))(
        student,
      );
      expectClose(await value.data(), [loss], tolerance.loss);
      const reference = tensors.get(`${name}/step${k}/d_student`)!.data as Float32Array;
      expect(relativeL2(await grad.data<'float32'>(), reference)).toBeLessThan(tolerance.gradient_rel_l2);
      const after = movedCentre(centre, teacher, given.center_momentum);
      const expected = tensors.get(`${name}/step${k}/center_after`)!.data as Float32Array;
      expectClose(await after.data(), expected, { abs: tolerance.center_abs });
    }
    expect(steps.length).toBeGreaterThan(0);
  });

  it('of outputs that say nothing it is ln(out)', async () => {
    const { out_dim: out, loss } = fixtures.collapsed_loss;
    const same = tf.ones<tf.Rank.R2>([4, out]);
    const value = dinoLoss(same, same, { crops: 2, centre: tf.zeros([1, out]) });
    expectClose(await value.data(), [loss], { abs: 1e-5 });
  });
});

describe("schedules equal DINO's", () => {
  const { list, tolerance_rel: rel } = fixtures.schedules;
  it.each(list)('$name', ({ arguments: given, values }) => {
    const ours =
      'nepochs' in given
        ? teacherTemperatures({
            warmup: given.warmup_teacher_temp,
            final: given.teacher_temp,
            warmupEpochs: given.warmup_teacher_temp_epochs,
            epochs: given.nepochs,
          })
        : cosineSchedule({
            base: given.base_value,
            final: given.final_value,
            epochs: given.epochs,
            stepsPerEpoch: given.niter_per_ep,
            warmupEpochs: given.warmup_epochs,
            warmupStart: given.start_warmup_value,
          });
    expectClose(ours, values, { abs: 1e-15, rel });
  });
});

describe("DinoTraining takes DINO's steps", () => {
  it.each(fixtures.training)('$name', async (training) => {
    const { name, config, steps, schedules, niter_per_epoch: stepsPerEpoch, tolerance } = training;
    const make = (): DinoNetwork => ({
      backbone: vit({
        imgSize: config.img,
        patchSize: config.patch,
        inChans: config.ch,
        embedDim: config.dim,
        depth: config.depth,
        numHeads: config.heads,
        mlpRatio: config.mlp_ratio,
        normEps: config.norm_eps,
      }),
      head: dinoHead({
        inDim: config.dim,
        outDim: config.out,
        nlayers: config.head_layers,
        hiddenDim: config.hidden,
        bottleneckDim: config.bottleneck,
        normLastLayer: training.norm_last_layer,
      }),
    });
    const [student, teacher] = [make(), make()];
    const initial = readTensors(`peers/dino/train_${name}.init.safetensors`);
    const dino = new DinoTraining(student, teacher, {
      studentTemperature: training.loss_arguments.student_temp,
      centreMomentum: training.loss_arguments.center_momentum,
      clipNorm: training.clip_grad,
    });
    const parameters = dino.parameters.filter((parameter) => parameter.name !== 'center');
    loadTorchStateDict(parameters, initial);
    const data = readTensors(`peers/dino/train_${name}.data.safetensors`);
    for (let step = 0; step < steps; step++) {
      const crops = [...cropsOf(data.get('global')!, step), ...cropsOf(data.get('local')!, step)];
      const epoch = Math.floor(step / stepsPerEpoch);
      const { loss } = await dino.step(crops, {
        step,
        learningRate: schedules.lr[step],
        weightDecay: schedules.weight_decay[step],
        teacherMomentum: schedules.momentum[step],
        teacherTemperature: schedules.teacher_temp_per_epoch[epoch],
        freezeLastLayer: epoch < training.freeze_last_layer,
      });
      expectClose([loss], [training.losses[step]], tolerance.loss);
      tf.dispose(crops);
    }
    expectClose(await dino.centre.data(), fixtureValues(training.center), { abs: tolerance.center_abs });
    await checkFinal(await toTorchStateDict(parameters), training);
    dino.dispose();
  });
});

/** The crops of a step, [crops, batch, bands, height, width], as images. */
function cropsOf({ shape, data }: SafetensorsTensor, step: number): tf.Tensor4D[] {
  const [, count, ...sides] = shape;
  const size = sides.reduce((product, side) => product * side, 1);
  return Array.from({ length: count }, (_, i) => {
    const start = (step * count + i) * size;
    const crop = permuted(
      { shape: sides, data: (data as Float32Array).slice(start, start + size) },
      [0, 2, 3, 1],
    );
    return tf.tensor4d(crop.data, crop.shape as [number, number, number, number]);
  });
}

async function checkFinal(ours: ReadonlyMap<string, SafetensorsTensor>, { name, ...training }: Training) {
  const theirs = readTensors(`peers/dino/train_${name}.final.safetensors`);
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  const { parameters_99_percent_abs: most, parameters_max_abs: all } = training.tolerance;
  let [near, total] = [0, 0];
  for (const [tensor, { data }] of theirs) {
    const values = ours.get(tensor)!.data as Float32Array;
    expectClose(values, data as Float32Array, { abs: all });
    if (training.noise_driven.includes(tensor)) continue;
    for (const [i, value] of values.entries()) {
      total++;
      if (Math.abs(value - Number(data[i])) <= most) near++;
    }
  }
  expect(near / total).toBeGreaterThanOrEqual(0.99);
}
