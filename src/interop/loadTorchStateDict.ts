import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameter } from '../models/namedParameters.js';
import { safetensorsToFloat32 } from './safetensorsToFloat32.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { fromTorchLayout, torchShape } from './torchLayout.js';

/**
 * Loads a torch `state_dict` into a model.
 *
 * A prefix `module.` that every name carries (`torch.nn.DataParallel`) is stripped. Half-precision and double values
 * are converted to float32. Every tensor is accounted for, and nothing is changed unless all fit.
 *
 * @param parameters As `namedParameters(model)` returns them.
 * @param stateDict Tensors by torch name, such as the `tensors` of `readSafetensors`.
 * @throws If the dictionary is empty, or tensors are missing, extra or of another shape: the error lists them all.
 * @example
 * ```ts
 * import { loadTorchStateDict, toTorchStateDict } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const filterConfig = [4, 4, 8, 8, 8, 8];
 * const trained = await toTorchStateDict(namedParameters(unetAttD({ filterConfig, seed: 1 })));
 * loadTorchStateDict(namedParameters(unetAttD({ filterConfig })), trained);
 * ```
 */
export function loadTorchStateDict(
  parameters: readonly NamedParameter[],
  stateDict: ReadonlyMap<string, SafetensorsTensor>,
): void {
  if (stateDict.size === 0) throw new Error('loadTorchStateDict: the state dict holds no tensor.');
  const tensors = stripModulePrefix(stateDict);
  const problems: string[] = [];
  for (const { name, spec } of parameters) {
    const tensor = tensors.get(name);
    const expected = torchShape(spec.shape, spec.layout);
    if (!tensor) problems.push(`missing: ${name} [${expected}]`);
    else if (tensor.shape.join() !== expected.join()) {
      problems.push(`wrong shape: ${name} is [${tensor.shape}], the model has [${expected}]`);
    }
  }
  const known = new Set(parameters.map(({ name }) => name));
  for (const [name, { shape }] of tensors) {
    if (!known.has(name)) problems.push(`extra: ${name} [${shape}]`);
  }
  if (problems.length > 0) {
    throw new Error(
      `loadTorchStateDict: the state dict does not fit the model; nothing was loaded.\n${problems.join('\n')}`,
    );
  }
  for (const { name, spec, variable } of parameters) {
    const tensor = tensors.get(name)!;
    // Counters do not go through float32, which counts to 2^24 only.
    const values =
      tensor.data instanceof BigInt64Array
        ? Int32Array.from(tensor.data, Number)
        : fromTorchLayout(safetensorsToFloat32(tensor), spec.shape, spec.layout);
    tf.tidy(() => variable.assign(tf.tensor(values, spec.shape, spec.dtype)));
  }
}

function stripModulePrefix(
  stateDict: ReadonlyMap<string, SafetensorsTensor>,
): ReadonlyMap<string, SafetensorsTensor> {
  const prefix = 'module.';
  if (![...stateDict.keys()].every((name) => name.startsWith(prefix))) return stateDict;
  return new Map([...stateDict].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
