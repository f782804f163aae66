import type * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../features/FeatureOptions.js';
import { stackFeatures } from '../features/stackFeatures.js';
import type { Head } from '../heads/Head.js';
import type { LinearHead } from '../heads/LinearHead.js';
import type { MlpEnsembleHead } from '../heads/MlpEnsembleHead.js';
import { combineMembers } from './combineMembers.js';
import { headsOf } from './headsOf.js';
import type { WindowPrediction } from './SceneWindow.js';

/**
 * What a head says of the pixels of features that are at hand, such as those that `windowFeatures` gave: computed once,
 * they serve a head that is fitted again at each click.
 *
 * @param maps Of one window, as the rows of `stackFeatures` that the head was fitted on; they stay.
 * @param head The uncertainty is how much several of them disagree, or the members of a `pixelMlpEnsemble`. Of a
 * `linearProbe` the maps are not stacked, which is several times as fast.
 * @param size Height and width of the window.
 * @throws {ConfigError} (rejects) If there is no head, they differ in their classes, or have not the maps' channels.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { linearProbe } from 'diffusion-ssl/heads';
 * import { predictFeatures } from 'diffusion-ssl/maps';
 *
 * const head = await linearProbe(new Float32Array([0, 1]), new Int32Array([0, 1]));
 * const maps = [{ name: 'conv5', timestep: 50, map: tf.tensor4d([0, 1], [1, 1, 2, 1]) }];
 * const { probabilities } = await predictFeatures(maps, head, [1, 2]);
 * console.log(probabilities[0] > 0.5, probabilities[2] > 0.5); // true false
 * ```
 */
export async function predictFeatures(
  maps: readonly FeatureMap[],
  head: Head | readonly Head[],
  size: readonly [height: number, width: number],
): Promise<WindowPrediction> {
  const heads = headsOf('predictFeatures', head);
  const [first] = heads as readonly Partial<LinearHead & MlpEnsembleHead>[];
  if (heads.length === 1 && first.predictMaps) {
    return {
      probabilities: await first.predictMaps(
        maps.map(({ map }) => map as tf.Tensor4D),
        size,
      ),
    };
  }
  const stacked = stackFeatures(maps, size);
  const rows = (await stacked.data()) as Float32Array;
  stacked.dispose();
  const members: Float32Array[] = [];
  for (const one of heads) members.push(await one.predict(rows));
  if (members.length > 1) return combineMembers(members, heads[0].classes);
  const vote = await first.vote?.(rows);
  return { probabilities: members[0], uncertainty: vote?.disagreement };
}
