import { countValues, type ParameterCount } from './countValues.js';
import { resolveUnetAttDConfig, type UnetAttDConfig } from './UnetAttDConfig.js';
import { unetAttDParameters } from './unetAttDLayers.js';

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
  return countValues(unetAttDParameters(resolveUnetAttDConfig(config)));
}
