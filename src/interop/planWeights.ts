import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors/CheckpointError.js';
import { matchNames } from './matchNames.js';
import { type NamedWeight, type SpecifiedWeight, specifiedWeights } from './NamedWeight.js';
import type { TensorPlan } from './planSafetensors.js';
import { safetensorsToFloat32 } from './safetensorsToFloat32.js';
import type { SafetensorsData, SafetensorsDtype } from './safetensorsTypes.js';
import { fromTorchLayout, torchShape } from './torchLayout.js';
import { shapeProblem, valueProblem } from './weightProblem.js';

/** Options of `loadTorchStateDict` and `loadWeights`. */
export interface LoadTorchStateDictOptions {
  /**
   * Whether every parameter of the model must be in the dictionary and nothing else. False: what both have is loaded,
   * as into another head on the same encoder. Default true.
   */
  strict?: boolean;
}

/** What `loadTorchStateDict` and `loadWeights` left aside; in strict mode nothing but `num_batches_tracked`. */
export interface LoadTorchStateDictResult {
  /** Parameters of the model that the dictionary lacks; they keep their values. */
  missingKeys: string[];
  /** Tensors of the dictionary that the model lacks. */
  unexpectedKeys: string[];
}

/** What is known of a parameter before it has a variable. */
export type ParameterPlan = Pick<SpecifiedWeight, 'name' | 'spec'>;

/** Which tensor goes into which parameter, as far as names and shapes tell. */
export interface WeightsPlan<T extends TensorPlan, P extends ParameterPlan> {
  /** In the order of the dictionary. */
  present: { parameter: P; tensor: T }[];
  result: LoadTorchStateDictResult;
  /** @throws With what is wrong with names, shapes and types, and with the values, if anything is. */
  accept(valueProblems: readonly string[]): void;
}

/** Finds the parameters that the tensors of a dictionary belong to, under any prefix. */
export function planWeights<T extends TensorPlan>(
  list: readonly NamedWeight[],
  stateDict: ReadonlyMap<string, T>,
  options: LoadTorchStateDictOptions,
): WeightsPlan<T, SpecifiedWeight> {
  return planSpecified(specifiedWeights('loadTorchStateDict', list), stateDict, options);
}

/** Does the same for parameters of which there are no variables yet. */
export function planSpecified<T extends TensorPlan, P extends ParameterPlan>(
  parameters: readonly P[],
  stateDict: ReadonlyMap<string, T>,
  { strict = true }: LoadTorchStateDictOptions,
): WeightsPlan<T, P> {
  if (stateDict.size === 0) throw new CheckpointError('loadTorchStateDict: the state dict holds no tensor.');
  const names = [...stateDict.keys()];
  const prefix = choosePrefix(names, parameters);
  const known = new Map(parameters.map((parameter) => [prefix + parameter.name, parameter]));
  const unexpectedKeys = names.filter((name) => !known.has(name));
  const absent = parameters.filter(({ name }) => !stateDict.has(prefix + name));
  const missing = absent.filter(({ name }) => !name.endsWith('num_batches_tracked'));
  const present = [...stateDict].flatMap(([name, tensor]) => {
    const parameter = known.get(name);
    return parameter ? [{ parameter, tensor }] : [];
  });
  const problems = present.flatMap(({ parameter, tensor }) => shapeProblem(parameter, tensor) ?? []);
  const unclear = missing.length > 0 && names.some((name) => !name.startsWith(prefix));
  if (strict || present.length === 0 || unclear) {
    problems.unshift(
      ...missing.map(({ name, spec }) => `missing: ${name} [${torchShape(spec.shape, spec.layout)}]`),
    );
    problems.push(...unexpectedKeys.map((name) => `extra: ${name} [${stateDict.get(name)!.shape}]`));
  }
  return {
    present,
    result: { missingKeys: absent.map(({ name }) => name), unexpectedKeys },
    accept(valueProblems) {
      const all = [...problems, ...valueProblems];
      if (all.length > 0) throw misfit(all, prefix);
    },
  };
}

/** What is wrong with the elements of a tensor that is to be a parameter's value. */
export function elementsProblem(
  parameter: SpecifiedWeight,
  dtype: SafetensorsDtype,
  data: SafetensorsData,
): string | undefined {
  return valueProblem(parameter, data, safetensorsToFloat32({ dtype, shape: [], data }));
}

/** Makes the elements of a tensor a parameter's value. */
export function assignElements(
  { spec, variable }: SpecifiedWeight,
  dtype: SafetensorsDtype,
  data: SafetensorsData,
): void {
  // Counters do not go through float32, which counts to 2^24 only.
  const values =
    spec.dtype === 'int32'
      ? Int32Array.from(data, Number)
      : fromTorchLayout(safetensorsToFloat32({ dtype, shape: [], data }), spec.shape, spec.layout);
  tf.tidy(() => variable.assign(tf.tensor(values, spec.shape, spec.dtype)));
}

/** What stands before the model's names in the dictionary; mostly nothing. */
function choosePrefix(names: readonly string[], parameters: readonly ParameterPlan[]): string {
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
