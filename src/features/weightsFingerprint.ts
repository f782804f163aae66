import type * as tf from '@tensorflow/tfjs-core';
import { fingerprint } from '../internal/fingerprint.js';
import { hashArray } from '../internal/hashBytes.js';

/**
 * 16 letters that change with any weight of a network: what a cache of its features goes by.
 *
 * @param parameters What `namedParameters` gives, running statistics included, or the variables of a network without
 * tf.layers.
 * @example
 * ```ts
 * import { weightsFingerprint } from 'diffusion-ssl/features';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * console.log((await weightsFingerprint(namedParameters(model))).length); // 16
 * ```
 */
export async function weightsFingerprint(
  parameters: readonly { name: string; variable: tf.Tensor }[],
): Promise<string> {
  const lines: string[] = [];
  for (const { name, variable } of parameters) {
    lines.push(`${name} ${variable.dtype} ${variable.shape} ${hashArray(await variable.data())}`);
  }
  return fingerprint(lines.sort().join('\n'));
}
