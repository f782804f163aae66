import { ConfigError } from '../errors/ConfigError.js';
import { type NamedWeight, specifiedWeights } from '../interop/NamedWeight.js';
import type { StoredTensor } from '../interop/safetensorsTypes.js';
import { storedStateDict } from '../interop/storedStateDict.js';
import { torchShape, toTorchLayout } from '../interop/torchLayout.js';
import type { StoredValues } from '../ops/VariablePacks.js';
import type { PackedOptimizer } from '../optimizers/PackedOptimizer.js';
import { type CheckpointMetadata, METADATA_KEY } from './checkpointMetadata.js';
import type { ExponentialMovingAverage } from './ExponentialMovingAverage.js';

/** What a checkpoint is made from, and restored into. */
export interface CheckpointParts {
  /** As `namedParameters(model)` returns them, or any list of `{ name, variable }`. */
  parameters: readonly NamedWeight[];
  optimizer?: PackedOptimizer;
  ema?: ExponentialMovingAverage;
}

/** What stands before the names of the average's tensors, and of the optimizer's. */
export const EMA = 'ema.';
export const OPTIMIZER = 'optimizer.';

/** Whether a tensor of this name is the average's or the optimizer's. */
export const isPart = (name: string) => name.startsWith(EMA) || name.startsWith(OPTIMIZER);

/** The tensors of a checkpoint, each fetched when it is read, and the text of its header. */
export function checkpointTensors(
  { parameters, optimizer, ema }: CheckpointParts,
  state: unknown,
): { tensors: Map<string, StoredTensor>; metadata: Record<string, string> } {
  const weights = specifiedWeights('encodeCheckpoint', parameters);
  const reserved = weights.find(({ name }) => isPart(name));
  if (reserved) {
    throw new ConfigError(
      `encodeCheckpoint: the parameter '${reserved.name}' is called as the checkpoint's moving average (${EMA}…) or ` +
        `optimizer (${OPTIMIZER}…); give its layer another name.`,
    );
  }
  const tensors = storedStateDict(weights);
  const specOf = new Map(weights.map(({ name, spec }) => [name, spec]));
  const add = (prefix: string, values: ReadonlyMap<string, StoredValues>) => {
    for (const [name, stored] of values) {
      const spec = specOf.get(name);
      if (!spec)
        throw new ConfigError(`encodeCheckpoint: ${prefix}${name} belongs to none of the parameters.`);
      const { shape, layout } = spec;
      const read = async () => toTorchLayout(await stored.read(), shape, layout);
      tensors.set(`${prefix}${name}`, { dtype: 'F32', shape: torchShape(shape, layout), read });
    }
  };
  if (ema) add(EMA, ema.storedValues());
  const saved = optimizer?.storedState(parameters);
  for (const [slot, values] of Object.entries(saved?.slots ?? {})) add(`${OPTIMIZER}${slot}.`, values);
  const metadata: CheckpointMetadata = {
    version: 1,
    optimizerStep: saved?.step,
    optimizerScalars: saved?.scalars,
    emaStep: ema?.step,
    state,
  };
  return { tensors, metadata: { format: 'pt', [METADATA_KEY]: JSON.stringify(metadata) } };
}
