/** Options of `readWeights` and {@link selectWeights}. */
export interface ReadWeightsOptions {
  /** Take the moving average of the weights, where the file has one. Default true. */
  ema?: boolean;
}

/** Where a run's checkpoint keeps the moving average, `ema.NAME`, and the optimizer, `optimizer.SLOT.NAME`. */
const PART = /^(?:(ema)|optimizer\.[^.]+)\.(.+)$/;

/**
 * The weights among the tensors of a file: of a run's checkpoint the moving average, with the optimizer left aside.
 *
 * @param tensors By name, as `openSafetensors`, `openTensors` or `readSafetensors` give them.
 * @returns Tensors by torch name, in the order of the file. What the average lacks, as counters of batches, comes from
 * the model itself.
 * @example
 * ```ts
 * import { selectWeights } from 'diffusion-ssl/interop';
 *
 * const tensors = new Map([['head.weight', 1], ['ema.head.weight', 2], ['optimizer.exp_avg.head.weight', 3]]);
 * console.log(selectWeights(tensors).get('head.weight')); // 2
 * ```
 */
export function selectWeights<T>(
  tensors: ReadonlyMap<string, T>,
  { ema = true }: ReadWeightsOptions = {},
): Map<string, T> {
  const weights = new Map<string, T>();
  for (const [name, tensor] of tensors) {
    const [, average, weight] = PART.exec(name) ?? [];
    // A sub-module may be called `ema` or `optimizer` too: a part is only what belongs to a weight.
    const isPart = weight !== undefined && tensors.has(weight);
    if (!isPart && !(ema && tensors.has(`ema.${name}`))) weights.set(name, tensor);
    if (isPart && average && ema) weights.set(weight, tensor);
  }
  return weights;
}
