import { argumentError } from '../internal/checks.js';
import type { WindowPrediction } from './SceneWindow.js';

/**
 * What several predictions of the same pixels say together, such as those of an ensemble or of passes with dropout: the
 * mean of the probabilities, and as the uncertainty the Jensen–Shannon divergence, how much the members disagree, from
 * 0 to 1 (its largest value for so many members and classes).
 *
 * @param members Row-major [pixels, classes] each.
 * @throws {ConfigError} If there is no member, or their lengths differ.
 * @example
 * ```ts
 * import { combineMembers } from 'diffusion-ssl/maps';
 *
 * const { probabilities, uncertainty } = combineMembers([Float32Array.of(1, 0), Float32Array.of(0, 1)], 2);
 * console.log(probabilities, uncertainty); // [0.5, 0.5] and [1]
 * ```
 */
export function combineMembers(
  members: readonly Float32Array[],
  classes: number,
): Required<WindowPrediction> {
  const length = members[0]?.length;
  if (!(length >= 0) || length % classes !== 0 || members.some((member) => member.length !== length)) {
    const lengths = members.map((member) => member.length);
    throw argumentError('combineMembers: members', lengths, `arrays of one length, a multiple of ${classes}`);
  }
  const probabilities = new Float32Array(length);
  for (const member of members) {
    for (let i = 0; i < length; i++) probabilities[i] += member[i] / members.length;
  }
  const most = Math.log(Math.max(Math.min(members.length, classes), 2));
  const uncertainty = Float32Array.from({ length: length / classes }, (_, pixel) => {
    const own = members.reduce((sum, member) => sum + entropy(member, pixel, classes), 0) / members.length;
    return Math.max(entropy(probabilities, pixel, classes) - own, 0) / most;
  });
  return { probabilities, uncertainty };
}

/** Entropy of a pixel's probabilities, in nats. */
function entropy(probabilities: Float32Array, pixel: number, classes: number): number {
  let sum = 0;
  for (let i = pixel * classes; i < (pixel + 1) * classes; i++) {
    if (probabilities[i] > 0) sum -= probabilities[i] * Math.log(probabilities[i]);
  }
  return sum;
}
