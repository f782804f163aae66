import type { ParameterSpec } from '../layers/ParameterSpec.js';

/** What {@link countValues} returns. */
export interface ParameterCount {
  /** Trainable values. */
  trainable: number;
  /** Values of the running statistics, without the batch counters. */
  runningStatistics: number;
  /** Entries of the torch `state_dict`. */
  stateDictEntries: number;
}

/**
 * Counts what some parameters hold, without allocating anything.
 *
 * @param specs Such as `unet2dParameters` gives them.
 * @example
 * ```ts
 * import { countValues, unet2dParameters } from 'diffusion-ssl/models';
 *
 * console.log(countValues(unet2dParameters()).trainable); // 273673843
 * ```
 */
export function countValues(specs: readonly ParameterSpec[]): ParameterCount {
  const values = (chosen: readonly ParameterSpec[]) =>
    chosen.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0);
  return {
    trainable: values(specs.filter((spec) => spec.trainable)),
    runningStatistics: values(specs.filter((spec) => !spec.trainable && spec.dtype === 'float32')),
    stateDictEntries: specs.length,
  };
}
