import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { resolveUnetAttDConfig, type UnetAttDConfig } from './UnetAttDConfig.js';
import { unetAttDParameters } from './unetAttDLayers.js';

/** What {@link countParameters} returns. */
export interface ParameterCount {
  /** Trainable values. */
  trainable: number;
  /** Values of the running statistics, without the batch counters. */
  runningStatistics: number;
  /** Entries of the torch `state_dict`. */
  stateDictEntries: number;
}

/**
 * Counts the parameters of `unetAttD` from the specification that builds it, without allocating anything.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countParameters } from 'diffusion-ssl/models';
 *
 * console.log(countParameters().trainable); // 636757747
 * ```
 */
export function countParameters(config: UnetAttDConfig = {}): ParameterCount {
  const specs = unetAttDParameters(resolveUnetAttDConfig(config));
  const values = (chosen: ParameterSpec[]) =>
    chosen.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0);
  return {
    trainable: values(specs.filter((spec) => spec.trainable)),
    runningStatistics: values(specs.filter((spec) => !spec.trainable && spec.dtype === 'float32')),
    stateDictEntries: specs.length,
  };
}
