import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPeer } from '../../bench/findPeer.js';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unet2d } from '../../src/models/unet2d.js';
import { randomNormal } from '../../src/ops/random.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import { savePretrained } from '../../src/pretrained/savePretrained.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { layouts, permuted, uploaded } from '../support/peerFamily.js';

const program = fileURLToPath(new URL('diffusersPeer.py', import.meta.url));
const found = findPeer();
const hasDiffusers = found && spawnSync(found, ['-c', 'import diffusers']).status === 0;
const reason = hasDiffusers ? '' : ' (skipped: no Python with torch and diffusers; PEER_PYTHON names one)';
const root = mkdtempSync(path.join(tmpdir(), 'diffusers-peer-'));
const tolerance = { abs: 2e-4, rel: 2e-4 };

beforeAll(startTestBackend);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function python(command: 'open' | 'write', folder: string, values: string): void {
  const env = { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' };
  const { status, stderr } = spawnSync(found!, [program, command, folder, values], { env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}

const toTorch = [0, 3, 1, 2];
const imageOf = (shape: [number, number, number, number], step: number) =>
  randomNormal<tf.Rank.R4>(shape, { seed: 1, stream: 0, step });
const inTorch = async (x: tf.Tensor4D) => {
  const moved = permuted({ shape: x.shape, data: await x.data<'float32'>() }, toTorch);
  return { dtype: 'F32' as const, ...moved };
};
const tensorsOf = (file: string) => readSafetensors(readFileSync(file)).tensors;

describe.skipIf(!hasDiffusers)(`diffusers in Python${reason}`, () => {
  it.each(['squaredcos_cap_v2', 'cosine', 'linear'] as const)(
    'opens what savePretrained wrote in DDPMPipeline, schedule %s',
    async (schedule) => {
      const config = {
        sampleSize: 16,
        inChannels: 4,
        blockOutChannels: [8, 16],
        downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
        upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
        normNumGroups: 4,
        seed: 3,
      };
      const model = unet2d(config);
      for (const [i, { variable }] of namedParameters(model).entries()) {
        const noise = randomNormal(variable.shape, { seed: 2, stream: 1, step: i });
        variable.assign(tf.add(variable, tf.mul(noise, 0.05)));
      }
      const folder = path.join(root, schedule);
      await savePretrained(model, folderFiles(folder), {
        factory: 'unet2d',
        config,
        bands: [{}, {}, {}, {}],
        diffusion: { schedule, timesteps: 100, predictionType: 'noise' },
      });
      const [x, noise] = [imageOf([2, 16, 16, 4], 0), imageOf([2, 16, 16, 4], 1)];
      const values = path.join(root, `${schedule}.safetensors`);
      const timestep = { dtype: 'I64' as const, shape: [2], data: BigInt64Array.of(5n, 90n) };
      const given = new Map<string, SafetensorsTensor>([
        ['sample', await inTorch(x)],
        ['noise', await inTorch(noise)],
        ['timestep', timestep],
      ]);
      writeFileSync(values, writeSafetensors(given));
      python('open', folder, values);
      const out = tensorsOf(`${values}.out`);
      const output = model.apply([x, tf.tensor2d([[5], [90]])]) as tf.Tensor4D;
      expectClose((await inTorch(output)).data, out.get('output')!.data as Float32Array, tolerance);
      const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(100, { type: schedule }));
      expectClose(out.get('alphas')!.data as Float32Array, alphaBars, { abs: 1e-6, rel: 1e-4 });
      model.dispose();
    },
  );

  it('writes a pipeline that fromPretrained opens', async () => {
    const [folder, values] = [path.join(root, 'theirs'), path.join(root, 'theirs.safetensors')];
    python('write', folder, values);
    const { model, factory, diffusion } = await fromPretrained(folderFiles(folder));
    expect(factory).toBe('unet2d');
    expect(diffusion).toMatchObject({ schedule: 'squaredcos_cap_v2', timesteps: 100, predictionType: 'v' });
    const tensors = tensorsOf(values);
    const x = uploaded(tensors.get('sample')!, layouts.image);
    const output = model.apply([x, tf.tensor2d([[3], [77]])]) as tf.Tensor4D;
    expectClose((await inTorch(output)).data, tensors.get('output')!.data as Float32Array, tolerance);
    model.dispose();
  });
});
