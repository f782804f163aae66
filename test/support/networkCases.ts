import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { fromTorchLayout } from '../../src/interop/torchLayout.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { expectClose, relativeL2, type Tolerance } from './compare.js';
import { fixturePath, readFixture } from './fixtures.js';
import { readTensors } from './peerFamily.js';

/** A case of a family of networks: see the fixtures' README. */
export interface NetworkCase {
  name: string;
  folder: string;
  parameter_count: number;
  mse: number;
  grad_l2_norms: Record<string, number>;
  gradients_file: boolean;
  zero_gradient_params: string[];
  params_without_gradient: string[];
  /** Where it is in no file of its own. */
  config?: Record<string, unknown>;
}

/** How far a network may be off. */
export interface NetworkTolerance {
  output: Tolerance;
  mse: Tolerance;
  grad_norm: Tolerance;
  grad_rel_l2: number;
  zero_gradient: number;
}

/** A family's cases and tolerances. */
export function networkFamily<C extends NetworkCase, T = unknown>(family: string) {
  return readFixture<{ tolerance: NetworkTolerance & T; cases: C[] }>(`peers/${family}/cases.json`);
}

/** WebGPU promises less of exp and tanh. */
const slack = process.env.TEST_BACKEND === 'webgpu' ? 5 : 1;

/** A case's folder: its configuration, its tensors of inputs and outputs, and its weights. */
export function readNetworkCase({ folder, config }: NetworkCase) {
  const own = `peers/${folder}/model.safetensors`;
  const theirs = `peers/${folder}/diffusion_pytorch_model.safetensors`;
  return {
    folder,
    config: config ?? readFixture<Record<string, unknown>>(`peers/${folder}/config.json`),
    io: readTensors(`peers/${folder}/io.safetensors`),
    weights: readTensors(existsSync(fixturePath(own)) ? own : theirs),
  };
}

/** Gives a network the weights of a case, all of them and no others, and checks that it has as many. */
export async function loadNetworkCase(model: tfl.LayersModel, networkCase: NetworkCase): Promise<void> {
  const parameters = namedParameters(model);
  expect(parameters.reduce((sum, { variable }) => sum + variable.size, 0)).toBe(networkCase.parameter_count);
  const { weights } = readNetworkCase(networkCase);
  loadTorchStateDict(parameters, weights);
  const back = await toTorchStateDict(parameters);
  for (const [name, tensor] of weights) expect(back.get(name)?.data).toEqual(tensor.data);
}

/** Compares output, loss and all gradients of a network with those of its case. */
export async function checkNetworkCase(
  model: tfl.LayersModel,
  networkCase: NetworkCase,
  { output, target }: { output: () => tf.Tensor; target: tf.Tensor },
  tolerance: NetworkTolerance,
): Promise<void> {
  const scaled = ({ abs, rel = 0 }: Tolerance) => ({ abs: slack * abs, rel: slack * rel });
  const expected = readNetworkCase(networkCase);
  const y = output();
  const reference = expected.io.get('output')!;
  const inTorch = y.rank === 4 ? tf.transpose(y, [0, 3, 1, 2]) : tf.clone(y);
  expect(reference.shape).toEqual(inTorch.shape);
  expectClose(await inTorch.data(), reference.data as Float32Array, scaled(tolerance.output));

  const parameters = namedParameters(model);
  const { value, grads } = tf.variableGrads(
    () => tf.mean(tf.squaredDifference(output(), target)) as tf.Scalar,
    parameters.map(({ variable }) => variable),
  );
  expectClose(await value.data(), [networkCase.mse], scaled(tolerance.mse));
  const { folder } = networkCase;
  const file = `peers/${folder}/grads.safetensors`;
  if (networkCase.gradients_file) expect(existsSync(fixturePath(file))).toBe(true);
  const references = networkCase.gradients_file ? readTensors(file) : undefined;
  let compared = 0;
  for (const { name, spec, variable } of parameters) {
    if (networkCase.params_without_gradient.includes(name)) continue;
    const gradient = await grads[variable.name].data<'float32'>();
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    if (networkCase.zero_gradient_params.includes(name)) {
      expect(norm, name).toBeLessThan(slack * tolerance.zero_gradient);
      continue;
    }
    expectClose([norm], [networkCase.grad_l2_norms[name]], scaled(tolerance.grad_norm));
    compared++;
    const whole = references?.get(name);
    if (!whole) continue;
    const data = fromTorchLayout(whole.data as Float32Array, spec.shape, spec.layout);
    if (data.some((g) => Math.abs(g) > 1e-6))
      expect(relativeL2(gradient, data), name).toBeLessThan(slack * tolerance.grad_rel_l2);
  }
  expect(compared).toBe(
    Object.keys(networkCase.grad_l2_norms).filter((name) => !networkCase.zero_gradient_params.includes(name))
      .length,
  );
  tf.dispose([y, inTorch, value, grads]);
}
