import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors/CheckpointError.js';
import type { NamedParameter } from '../models/namedParameters.js';
import { matchNames } from './matchNames.js';
import { safetensorsToFloat32 } from './safetensorsToFloat32.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { fromTorchLayout, torchShape } from './torchLayout.js';
import { weightProblem } from './weightProblem.js';

/** Options of {@link loadTorchStateDict}. */
export interface LoadTorchStateDictOptions {
  /**
   * Whether every parameter of the model must be in the dictionary and nothing else. False: what both have is loaded,
   * as into another head on the same encoder. Default true.
   */
  strict?: boolean;
}

/** What {@link loadTorchStateDict} left aside; in strict mode nothing but `num_batches_tracked`. */
export interface LoadTorchStateDictResult {
  /** Parameters of the model that the dictionary lacks; they keep their values. */
  missingKeys: string[];
  /** Tensors of the dictionary that the model lacks. */
  unexpectedKeys: string[];
}

/**
 * Loads a torch `state_dict` into a model, as torch's `load_state_dict` does.
 *
 * A prefix that every name carries is dropped (`module.` of `torch.nn.DataParallel`, `model.` of Lightning, `net.`, …),
 * and one under which all parameters stand. Half-precision and double values are converted to float32. As in torch,
 * `num_batches_tracked` may be missing. Every other tensor is accounted for, and nothing is changed when it throws.
 *
 * @param parameters As `namedParameters(model)` returns them.
 * @param stateDict Tensors by torch name, as `readWeights` returns them.
 * @returns The names that only one of the two has.
 * @throws If the dictionary is empty, a tensor is of another shape or type or has values that are not finite; in strict
 * mode also if tensors are missing or extra; else if the two have no name in common. The error lists all names.
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
  if (stateDict.size === 0) throw new CheckpointError('loadTorchStateDict: the state dict holds no tensor.');
  const names = [...stateDict.keys()];
  const prefix = choosePrefix(names, parameters);
  const known = new Set(parameters.map(({ name }) => prefix + name));
  const unexpectedKeys = names.filter((name) => !known.has(name));
  const absent = parameters.filter(({ name }) => !stateDict.has(prefix + name));
  const missing = absent.filter(({ name }) => !name.endsWith('num_batches_tracked'));
  const present = parameters.flatMap((parameter) => {
    const tensor = stateDict.get(prefix + parameter.name);
    return tensor ? [{ ...parameter, tensor, floats: safetensorsToFloat32(tensor) }] : [];
  });
  const problems = present.flatMap(({ tensor, floats, ...parameter }) => {
    return weightProblem(parameter, tensor, floats) ?? [];
  });
  const unclear = missing.length > 0 && names.some((name) => !name.startsWith(prefix));
  if (strict || present.length === 0 || unclear) {
    problems.unshift(
      ...missing.map(({ name, spec }) => `missing: ${name} [${torchShape(spec.shape, spec.layout)}]`),
    );
    problems.push(...unexpectedKeys.map((name) => `extra: ${name} [${stateDict.get(name)!.shape}]`));
  }
  if (problems.length > 0) throw misfit(problems, prefix);
  for (const { spec, variable, tensor, floats } of present) {
    // Counters do not go through float32, which counts to 2^24 only.
    const values =
      spec.dtype === 'int32'
        ? Int32Array.from(tensor.data, Number)
        : fromTorchLayout(floats, spec.shape, spec.layout);
    tf.tidy(() => variable.assign(tf.tensor(values, spec.shape, spec.dtype)));
  }
  return { missingKeys: absent.map(({ name }) => name), unexpectedKeys };
}

/** What stands before the model's names in the dictionary; mostly nothing. */
function choosePrefix(names: readonly string[], parameters: readonly NamedParameter[]): string {
  const prefixes = matchNames(names, new Set(parameters.map(({ name }) => name)));
  if (prefixes.length > 1 && prefixes[0] !== '') {
    const list = prefixes.map((word) => `'${word}'`).join(' and under ');
    // The longest, with which none of the others begins.
    throw new CheckpointError(
      `loadTorchStateDict: the state dict has the model's names under ${list}; nothing was loaded. ` +
        `Keep one of them${keeping(prefixes[prefixes.length - 1])}`,
    );
  }
  return prefixes[0];
}

function misfit(problems: readonly string[], prefix: string): CheckpointError {
  const has = (word: string) => problems.some((line) => line.startsWith(word));
  const without = prefix && `, also without the prefix '${prefix}' of its names`;
  const lines = [
    `loadTorchStateDict: the state dict does not fit the model${without}; nothing was loaded.`,
    ...problems,
  ];
  if (has('not finite'))
    lines.push(
      'Such weights come of a training that diverged, or are too large for half precision: take earlier ones.',
    );
  if (prefix !== '' && has('extra') && !has('missing'))
    lines.push(`Leave out what is extra${keeping(prefix)}`);
  return new CheckpointError(lines.join('\n'));
}

/** How Python keeps the tensors of a prefix alone. */
function keeping(prefix: string): string {
  const kept = `{k: v for k, v in load_file('in.safetensors').items() if k.startswith('${prefix}')}`;
  return `, with safetensors.torch in Python: save_file(${kept}, 'out.safetensors')`;
}
