import { readSafetensors } from './readSafetensors.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';

/** Options of {@link readWeights}. */
export interface ReadWeightsOptions {
  /** Take the moving average of the weights, where the file has one. Default true. */
  ema?: boolean;
}

/** Where a run's checkpoint keeps the moving average, `ema.NAME`, and the optimizer, `optimizer.SLOT.NAME`. */
const PART = /^(?:(ema)|optimizer\.[^.]+)\.(.+)$/;

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
  { ema = true }: ReadWeightsOptions = {},
): Map<string, SafetensorsTensor> {
  const { tensors } = readSafetensors(bytes);
  const weights = new Map(tensors);
  for (const [name, tensor] of tensors) {
    const [, average, weight] = PART.exec(name) ?? [];
    // A sub-module may be called `ema` or `optimizer` too: a part is only what belongs to a weight.
    if (weight === undefined || !tensors.has(weight)) continue;
    weights.delete(name);
    if (average && ema) weights.set(weight, tensor);
  }
  return weights;
}
