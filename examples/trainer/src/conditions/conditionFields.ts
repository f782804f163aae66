import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields } from 'diffusion-ssl/diffusion';
import { encodeMetadata } from 'diffusion-ssl/normalization';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { gapField, type OwnChips } from './gapField.js';
import { givenField } from './givenField.js';

/** The images that a batch is told: the bands of all of them, row-major [rows, height, width, bands]. */
export interface ToldImages {
  values: Float32Array;
  size: readonly [height: number, width: number];
}

/**
 * Rows of conditions as tensors by the conditions' names: of a class [rows], int32; of a number what `encodeMetadata`
 * makes of it, [rows, 1 or 2]; of an image [rows, height, width, bands].
 *
 * @param own The rows' chips; without them nothing that is made of a chip is among the fields.
 * @returns Undefined where there are no conditions; the tensors are the caller's.
 */
export function conditionFields(
  conditions: readonly ModelCondition[],
  rows: readonly (readonly number[])[],
  images?: ToldImages,
  own?: OwnChips,
): ConditionFields | undefined {
  if (conditions.length === 0) return undefined;
  return tf.tidy(() => {
    const [height, width] = images?.size ?? [0, 0];
    const all = images && tf.reshape(images.values, [rows.length, height, width, -1]);
    let band = 0;
    const fields = conditions.flatMap((condition, i): [string, tf.Tensor][] => {
      const values = rows.map((row) => row[i]);
      if (condition.kind === 'class') return [[condition.name, tf.tensor1d(values, 'int32')]];
      if (condition.kind === 'fill') return own ? [[condition.name, gapField(own)]] : [];
      if (condition.kind === 'given')
        return own ? [[condition.name, givenField(own, condition.modalities)]] : [];
      if (condition.kind === 'image') {
        band += condition.bands;
        const start = [0, 0, 0, band - condition.bands];
        return [[condition.name, tf.slice(all as tf.Tensor, start, [-1, -1, -1, condition.bands])]];
      }
      const encoded = values.map((value) => Array.from(encodeMetadata([value], [condition])));
      return [[condition.name, tf.tensor2d(encoded)]];
    });
    return Object.fromEntries(fields);
  });
}
