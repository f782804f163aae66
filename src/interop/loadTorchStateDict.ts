import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameter } from '../models/namedParameters.js';
import { safetensorsToFloat32 } from './safetensorsToFloat32.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { fromTorchLayout, torchShape } from './torchLayout.js';

/** Options of {@link loadTorchStateDict}. */
export interface LoadTorchStateDictOptions {
  /**
   * Whether every parameter of the model must be in the dictionary and nothing else. False: what both have is loaded,
   * as into another head on the same encoder. Default true.
   */
  strict?: boolean;
}

/** What {@link loadTorchStateDict} left aside; both are empty in strict mode. */
export interface LoadTorchStateDictResult {
  /** Parameters of the model that the dictionary lacks; they keep their values. */
  missingKeys: string[];
  /** Tensors of the dictionary that the model lacks. */
  unexpectedKeys: string[];
}

/** What `torch.nn.DataParallel` and `torch.compile` put before every name. */
const WRAPPER_PREFIXES = ['module.', '_orig_mod.'];

/**
 * Loads a torch `state_dict` into a model, as torch's `load_state_dict` does.
 *
 * A prefix `module.` (`torch.nn.DataParallel`) or `_orig_mod.` (`torch.compile`) that every name carries is stripped.
 * Half-precision and double values are converted to float32. Every tensor is accounted for, and nothing is changed when
 * it throws.
 *
 * @param parameters As `namedParameters(model)` returns them.
 * @param stateDict Tensors by torch name, as `readWeights` returns them.
 * @returns The names that only one of the two has.
 * @throws If the dictionary is empty or a tensor is of another shape; in strict mode also if tensors are missing or
 * extra; else if the two have no name in common. The error lists all names.
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
  { strict = true }: LoadTorchStateDictOptions = {},
): LoadTorchStateDictResult {
  if (stateDict.size === 0) throw new Error('loadTorchStateDict: the state dict holds no tensor.');
  const tensors = stripWrapperPrefixes(stateDict);
  const known = new Set(parameters.map(({ name }) => name));
  const missing = parameters.filter(({ name }) => !tensors.has(name));
  const unexpectedKeys = [...tensors.keys()].filter((name) => !known.has(name));
  const problems = parameters.flatMap(({ name, spec }) => {
    const [shape, expected] = [tensors.get(name)?.shape, torchShape(spec.shape, spec.layout)];
    if (shape === undefined || shape.join() === expected.join()) return [];
    return [`wrong shape: ${name} is [${shape}], the model has [${expected}]`];
  });
  if (strict || missing.length === parameters.length) {
    problems.unshift(
      ...missing.map(({ name, spec }) => `missing: ${name} [${torchShape(spec.shape, spec.layout)}]`),
    );
    problems.push(...unexpectedKeys.map((name) => `extra: ${name} [${tensors.get(name)!.shape}]`));
  }
  if (problems.length > 0) {
    throw new Error(
      `loadTorchStateDict: the state dict does not fit the model; nothing was loaded.\n${problems.join('\n')}`,
    );
  }
  for (const { name, spec, variable } of parameters) {
    const tensor = tensors.get(name);
    if (!tensor) continue;
    // Counters do not go through float32, which counts to 2^24 only.
    const values =
      tensor.data instanceof BigInt64Array
        ? Int32Array.from(tensor.data, Number)
        : fromTorchLayout(safetensorsToFloat32(tensor), spec.shape, spec.layout);
    tf.tidy(() => variable.assign(tf.tensor(values, spec.shape, spec.dtype)));
  }
  return { missingKeys: missing.map(({ name }) => name), unexpectedKeys };
}

function stripWrapperPrefixes(
  stateDict: ReadonlyMap<string, SafetensorsTensor>,
): ReadonlyMap<string, SafetensorsTensor> {
  const names = [...stateDict.keys()];
  const prefix = WRAPPER_PREFIXES.find((word) => names.every((name) => name.startsWith(word)));
  if (prefix === undefined) return stateDict;
  const stripped = [...stateDict].map(([name, tensor]) => [name.slice(prefix.length), tensor] as const);
  return stripWrapperPrefixes(new Map(stripped));
}
