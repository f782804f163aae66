import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findPeer } from '../../bench/findPeer.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { upload } from '../ops/checkOp.js';
import { randomTensor } from '../ops/referenceOps.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const folder = mkdtempSync(path.join(tmpdir(), 'torch-layers-'));
const file = (name: string) => path.join(folder, `${name}.safetensors`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = findPeer();
const reason = python ? '' : ' (skipped: no Python with torch and safetensors; PEER_PYTHON names one)';

const { layers } = tfl;
const image = [6, 7, 3];
const kernelSize: [number, number] = [2, 3];

/** Layers of tf.layers, and the shapes of their inputs. */
const cases: Record<string, [(inputShape: number[]) => tfl.layers.Layer, number[]]> = {
  conv1d: [(inputShape) => layers.conv1d({ inputShape, filters: 4, kernelSize: 3 }), [7, 3]],
  conv2d: [(inputShape) => layers.conv2d({ inputShape, filters: 4, kernelSize, strides: 2 }), image],
  conv2dTranspose: [
    (inputShape) => layers.conv2dTranspose({ inputShape, filters: 4, kernelSize, strides: 2 }),
    image,
  ],
  depthwiseConv2d: [
    (inputShape) => layers.depthwiseConv2d({ inputShape, kernelSize, depthMultiplier: 2 }),
    image,
  ],
  dense: [(inputShape) => layers.dense({ inputShape, units: 4 }), [3]],
};

it.skipIf(!python)(
  `PyTorch computes what tf.layers does with the weights that are written${reason}`,
  async () => {
    const outputs = new Map<string, ArrayLike<number>>();
    for (const [name, [layer, shape]] of Object.entries(cases)) {
      const model = tfl.sequential({ layers: [layer(shape)] });
      const parameters = namedParameters(model);
      for (const [seed, { variable }] of parameters.entries())
        variable.assign(upload(randomTensor(variable.shape, seed + 1)));
      const x = randomTensor([2, ...shape], 9);
      outputs.set(name, await (model.predict(upload(x)) as tf.Tensor).data());
      const weights = [...(await toTorchStateDict(parameters))].map(
        ([weight, tensor]) => [weight.endsWith('kernel') ? 'weight' : 'bias', tensor] as const,
      );
      const input = { dtype: 'F32' as const, shape: x.shape, data: Float32Array.from(x.data) };
      writeFileSync(file(name), writeSafetensors(new Map([...weights, ['x', input]])));
    }
    const program = fileURLToPath(new URL('torchLayers.py', import.meta.url));
    const { status, stderr } = spawnSync(python!, [program, folder], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    for (const [name, output] of outputs) {
      const y = readSafetensors(readFileSync(file(`${name}.output`))).tensors.get('y')!;
      expectClose(output, y.data as Float32Array, { abs: 1e-5, rel: 1e-5 });
    }
  },
);
