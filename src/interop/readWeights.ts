import { readSafetensors } from './readSafetensors.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { type ReadWeightsOptions, selectWeights } from './selectWeights.js';

/**
 * The weights in a safetensors file, for {@link loadTorchStateDict}: of a torch `state_dict`, of weights written by
 * `toTorchStateDict`, or of a run's checkpoint, from which the moving average is taken and the optimizer left aside.
 *
 * @param bytes The whole file.
 * @returns Tensors by torch name. What the average lacks, as counters of batches, comes from the model itself.
 * @throws As `readSafetensors`.
 * @example
 * ```ts
 * import { loadTorchStateDict, readWeights } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const bytes = await encodeCheckpoint({ parameters }, { step: 10 });
 * loadTorchStateDict(parameters, readWeights(bytes));
 * ```
 */
export function readWeights(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadWeightsOptions = {},
): Map<string, SafetensorsTensor> {
  return selectWeights(readSafetensors(bytes).tensors, options);
}
