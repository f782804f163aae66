import { CheckpointError } from '../errors/CheckpointError.js';
import { loadTorchStateDict } from '../interop/loadTorchStateDict.js';
import { readSafetensors } from '../interop/readSafetensors.js';
import type { SafetensorsTensor } from '../interop/safetensorsTypes.js';
import { fromTorchLayout, torchShape, toTorchLayout } from '../interop/torchLayout.js';
import { toTorchStateDict } from '../interop/toTorchStateDict.js';
import { weightProblem } from '../interop/weightProblem.js';
import { writeSafetensors } from '../interop/writeSafetensors.js';
import type { NamedParameter } from '../models/namedParameters.js';
import type { PackedOptimizer } from '../optimizers/PackedOptimizer.js';
import { type CheckpointMetadata, METADATA_KEY, parseCheckpointMetadata } from './checkpointMetadata.js';
import type { ExponentialMovingAverage } from './ExponentialMovingAverage.js';

/** What a checkpoint is made from, and restored into. */
export interface CheckpointParts {
  /** As `namedParameters(model)` returns them. */
  parameters: readonly NamedParameter[];
  optimizer?: PackedOptimizer;
  ema?: ExponentialMovingAverage;
}

const EMA = 'ema.';
const OPTIMIZER = 'optimizer.';

/**
 * A training run as one safetensors file: the model under its torch names, its average under `ema.…`, the optimizer
 * under `optimizer.<slot>.…`, all in torch's layout, and the run's state as JSON in the header.
 *
 * @param parts What to save.
 * @param state Anything that JSON keeps: the position in the data, the learning-rate schedule, the configuration.
 * @returns The file's bytes; write them with `writeFileAtomic` of `diffusion-ssl/training/node`.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint, restoreCheckpoint } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const bytes = await encodeCheckpoint({ parameters }, { step: 10 });
 * console.log(restoreCheckpoint(bytes, { parameters })); // { step: 10 }
 * ```
 */
export async function encodeCheckpoint(
  { parameters, optimizer, ema }: CheckpointParts,
  state: unknown,
): Promise<Uint8Array> {
  const tensors = await toTorchStateDict(parameters);
  const specOf = new Map(parameters.map(({ name, spec }) => [name, spec]));
  const add = (prefix: string, values: ReadonlyMap<string, Float32Array>) => {
    for (const [name, data] of values) {
      const { shape, layout } = specOf.get(name)!;
      const tensor = {
        dtype: 'F32' as const,
        shape: torchShape(shape, layout),
        data: toTorchLayout(data, shape, layout),
      };
      tensors.set(`${prefix}${name}`, tensor);
    }
  };
  if (ema) add(EMA, await ema.values());
  const optimizerState = await optimizer?.state(parameters);
  for (const [slot, values] of Object.entries(optimizerState?.slots ?? {}))
    add(`${OPTIMIZER}${slot}.`, values);
  const metadata: CheckpointMetadata = {
    version: 1,
    optimizerStep: optimizerState?.step,
    optimizerScalars: optimizerState?.scalars,
    emaStep: ema?.step,
    state,
  };
  return writeSafetensors(tensors, { format: 'pt', [METADATA_KEY]: JSON.stringify(metadata) });
}

/**
 * The state in a checkpoint's header, without restoring anything.
 *
 * @throws If the file is damaged or no checkpoint of this package.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint, readCheckpointState } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * console.log(readCheckpointState(await encodeCheckpoint({ parameters }, { step: 10 }))); // { step: 10 }
 * ```
 */
export function readCheckpointState(bytes: Uint8Array): unknown {
  return parseCheckpointMetadata(readSafetensors(bytes).metadata).state;
}

/**
 * Restores what {@link encodeCheckpoint} saved.
 *
 * @returns The state.
 * @throws If the file is damaged, is no checkpoint of this package, lacks a part that is asked for, or holds tensors of
 * another network: the error lists them.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint, ExponentialMovingAverage, restoreCheckpoint } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const parts = { parameters, ema: new ExponentialMovingAverage(parameters, 0.99) };
 * const bytes = await encodeCheckpoint(parts, { epoch: 3 });
 * console.log(restoreCheckpoint(bytes, parts)); // { epoch: 3 }
 * ```
 */
export function restoreCheckpoint(
  bytes: Uint8Array,
  { parameters, optimizer, ema }: CheckpointParts,
): unknown {
  const { tensors, metadata } = readSafetensors(bytes);
  const { optimizerStep, optimizerScalars, emaStep, state } = parseCheckpointMetadata(metadata);
  if (ema && emaStep === undefined) fail('the checkpoint has no moving average (ema).');
  if (optimizer && optimizerStep === undefined) fail('the checkpoint has no optimizer state.');
  const problems: string[] = [];
  const part = (prefix: string) => readPart(tensors, prefix, parameters, problems);
  const average = ema && part(EMA);
  const slotNames = new Set(
    [...tensors.keys()].filter((name) => name.startsWith(OPTIMIZER)).map((name) => name.split('.')[1]),
  );
  const slots = optimizer && [...slotNames].map((slot) => [slot, part(`${OPTIMIZER}${slot}.`)] as const);
  if (problems.length > 0)
    fail(`the checkpoint does not fit the model; nothing was restored.\n${problems.join('\n')}`);
  const isPart = (name: string) => name.startsWith(EMA) || name.startsWith(OPTIMIZER);
  loadTorchStateDict(parameters, new Map([...tensors].filter(([name]) => !isPart(name))));
  try {
    ema?.restore(emaStep!, average!);
    optimizer?.restore(parameters, {
      step: optimizerStep!,
      slots: Object.fromEntries(slots!),
      scalars: optimizerScalars,
    });
  } catch (error) {
    fail((error as Error).message, error);
  }
  return state;
}

/** The tensors behind a prefix, by the names of the parameters that they belong to and in the layout here. */
function readPart(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  prefix: string,
  parameters: readonly NamedParameter[],
  problems: string[],
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  const parameterOf = new Map(parameters.map((parameter) => [prefix + parameter.name, parameter]));
  for (const [name, tensor] of tensors) {
    if (!name.startsWith(prefix)) continue;
    const parameter = parameterOf.get(name);
    const problem = parameter
      ? partProblem({ ...parameter, name }, tensor)
      : `extra: ${name} [${tensor.shape}]`;
    if (problem !== undefined) problems.push(problem);
    else if (parameter) {
      const { shape, layout } = parameter.spec;
      values.set(parameter.name, fromTorchLayout(tensor.data as Float32Array, shape, layout));
    }
  }
  return values;
}

function partProblem(parameter: NamedParameter, tensor: SafetensorsTensor): string | undefined {
  const { dtype, data } = tensor;
  if (!(data instanceof Float32Array))
    return `wrong type: ${parameter.name} is ${dtype}; a checkpoint holds F32`;
  return weightProblem(parameter, tensor, data);
}

function fail(problem: string, cause?: unknown): never {
  throw new CheckpointError(`restoreCheckpoint: ${problem}`, { cause });
}
