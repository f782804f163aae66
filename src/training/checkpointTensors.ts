import type { StoredTensor } from '../interop/safetensorsTypes.js';
import { storedStateDict } from '../interop/storedStateDict.js';
import { torchShape, toTorchLayout } from '../interop/torchLayout.js';
import type { NamedParameter } from '../models/namedParameters.js';
import type { StoredValues } from '../ops/VariablePacks.js';
import type { PackedOptimizer } from '../optimizers/PackedOptimizer.js';
import { type CheckpointMetadata, METADATA_KEY } from './checkpointMetadata.js';
import type { ExponentialMovingAverage } from './ExponentialMovingAverage.js';

/** What a checkpoint is made from, and restored into. */
export interface CheckpointParts {
  /** As `namedParameters(model)` returns them. */
  parameters: readonly NamedParameter[];
  optimizer?: PackedOptimizer;
  ema?: ExponentialMovingAverage;
}

/** What stands before the names of the average's tensors, and of the optimizer's. */
export const EMA = 'ema.';
export const OPTIMIZER = 'optimizer.';

/** The tensors of a checkpoint, each fetched when it is read, and the text of its header. */
export function checkpointTensors(
  { parameters, optimizer, ema }: CheckpointParts,
  state: unknown,
): { tensors: Map<string, StoredTensor>; metadata: Record<string, string> } {
  const tensors = storedStateDict(parameters);
  const specOf = new Map(parameters.map(({ name, spec }) => [name, spec]));
  const add = (prefix: string, values: ReadonlyMap<string, StoredValues>) => {
    for (const [name, stored] of values) {
      const { shape, layout } = specOf.get(name)!;
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
