import { loadTorchStateDict } from '../interop/loadTorchStateDict.js';
import { readSafetensors } from '../interop/readSafetensors.js';
import type { SafetensorsTensor } from '../interop/safetensorsTypes.js';
import { fromTorchLayout, torchShape, toTorchLayout } from '../interop/torchLayout.js';
import { toTorchStateDict } from '../interop/toTorchStateDict.js';
import { writeSafetensors } from '../interop/writeSafetensors.js';
import type { NamedParameter } from '../models/namedParameters.js';
import type { PackedOptimizer } from '../optimizers/PackedOptimizer.js';
import type { ExponentialMovingAverage } from './ExponentialMovingAverage.js';

/** What a checkpoint is made from, and restored into. */
export interface CheckpointParts {
  /** As `namedParameters(model)` returns them. */
  parameters: readonly NamedParameter[];
  optimizer?: PackedOptimizer;
  ema?: ExponentialMovingAverage;
}

const METADATA_KEY = 'diffusion-ssl';
const EMA = 'ema.';
const OPTIMIZER = 'optimizer.';

interface Metadata {
  version: 1;
  optimizerStep?: number;
  optimizerScalars?: Record<string, number>;
  emaStep?: number;
  state: unknown;
}

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
  const metadata: Metadata = {
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
  return parseMetadata(readSafetensors(bytes).metadata).state;
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
  const { optimizerStep, optimizerScalars, emaStep, state } = parseMetadata(metadata);
  const named = [...tensors];
  const isPart = (name: string) => name.startsWith(EMA) || name.startsWith(OPTIMIZER);
  loadTorchStateDict(parameters, new Map(named.filter(([name]) => !isPart(name))));
  const specOf = new Map(parameters.map(({ name, spec }) => [name, spec]));
  const part = (prefix: string): Map<string, Float32Array> =>
    new Map(
      named.flatMap(([name, tensor]) => {
        const spec = specOf.get(name.slice(prefix.length));
        if (!name.startsWith(prefix) || !spec) return [];
        return [[name.slice(prefix.length), fromTorchLayout(floats(name, tensor), spec.shape, spec.layout)]];
      }),
    );
  if (ema) {
    if (emaStep === undefined)
      throw new Error('restoreCheckpoint: the checkpoint has no moving average (ema).');
    ema.restore(emaStep, part(EMA));
  }
  if (optimizer) {
    if (optimizerStep === undefined)
      throw new Error('restoreCheckpoint: the checkpoint has no optimizer state.');
    const slotNames = new Set(
      named.flatMap(([name]) => (name.startsWith(OPTIMIZER) ? [name.split('.')[1]] : [])),
    );
    const slots = Object.fromEntries([...slotNames].map((slot) => [slot, part(`${OPTIMIZER}${slot}.`)]));
    optimizer.restore(parameters, { step: optimizerStep, slots, scalars: optimizerScalars });
  }
  return state;
}

function parseMetadata(metadata: Record<string, string>): Metadata {
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    throw new Error(
      'restoreCheckpoint: the file is no checkpoint of a run (its header has no run state); ' +
        'weights alone are loaded with loadTorchStateDict.',
    );
  }
  const parsed = JSON.parse(text) as Metadata;
  if (parsed.version !== 1) {
    throw new Error(
      `restoreCheckpoint: the checkpoint has version ${parsed.version}; this package reads version 1.`,
    );
  }
  return parsed;
}

function floats(name: string, { dtype, data }: SafetensorsTensor): Float32Array {
  if (dtype !== 'F32') throw new Error(`restoreCheckpoint: '${name}' is ${dtype}; a checkpoint holds F32.`);
  return data as Float32Array;
}
