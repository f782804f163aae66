import { type NamedWeight, type SpecifiedWeight, specifiedWeights } from './NamedWeight.js';
import type { SafetensorsData, StoredTensor } from './safetensorsTypes.js';
import { torchShape, toTorchLayout } from './torchLayout.js';

/**
 * What `toTorchStateDict` gives, each tensor fetched from its variable when it is read: for `saveTensors`, which writes
 * a large network without holding it twice.
 *
 * @param parameters As `namedParameters(model)` returns them, or any list of `{ name, variable }`.
 * @returns Tensors by torch name.
 * @throws If two parameters have the same name, or one is neither float32 nor int32.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { saveTensors, storedStateDict } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const weights = storedStateDict(namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] })));
 * await saveTensors(folderFiles(mkdtempSync('/tmp/model-')), 'weights.safetensors', weights);
 * ```
 */
export function storedStateDict(parameters: readonly NamedWeight[]): Map<string, StoredTensor> {
  const weights = specifiedWeights('storedStateDict', parameters);
  return new Map(weights.map((weight) => [weight.name, storedWeight(weight)]));
}

function storedWeight({ spec, variable }: SpecifiedWeight): StoredTensor {
  if (spec.dtype === 'int32') {
    const read = async (): Promise<SafetensorsData> => BigInt64Array.from(await variable.data(), BigInt);
    return { dtype: 'I64', shape: [...spec.shape], read };
  }
  const read = async () => toTorchLayout((await variable.data()) as Float32Array, spec.shape, spec.layout);
  return { dtype: 'F32', shape: torchShape(spec.shape, spec.layout), read };
}
