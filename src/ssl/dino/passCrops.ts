import * as tf from '@tensorflow/tfjs-core';
import type { DinoNetwork } from './DinoNetwork.js';

/**
 * Features and outputs of crops, crop by crop; crops of one size next to one another go through the backbone together,
 * and all through the head at once.
 */
export function passCrops(
  { backbone, head }: DinoNetwork,
  crops: readonly tf.Tensor4D[],
  training: boolean,
): { features: tf.Tensor2D; outputs: tf.Tensor2D } {
  const groups: tf.Tensor4D[][] = [];
  for (const crop of crops) {
    const last = groups[groups.length - 1];
    if (last?.[0].shape.join() === crop.shape.join()) last.push(crop);
    else groups.push([crop]);
  }
  const parts = groups.map((group) => {
    const images = group.length > 1 ? tf.concat(group, 0) : group[0];
    return backbone.apply(images, { training }) as tf.Tensor2D;
  });
  const features = parts.length > 1 ? tf.concat(parts, 0) : parts[0];
  return { features, outputs: head.apply(features, { training }) as tf.Tensor2D };
}
