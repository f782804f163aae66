import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields } from 'diffusion-ssl/diffusion';
import { dropCondition } from 'diffusion-ssl/training';
import type { RunBatch } from '../conditions/ConditionedLoader.js';
import { conditionFields } from '../conditions/conditionFields.js';
import { unconditionalFields } from '../conditions/unconditionalFields.js';
import type { Run } from './Run.js';

/**
 * What the network is told of the chips of a training batch, some of it left out at random, by seed and number of the
 * batch alone.
 *
 * @param chips Of the training rows.
 */
export function drawConditions(
  { config, data, conditions }: Pick<Run, 'config' | 'data' | 'conditions'>,
  { images, shape, rows, told }: Pick<RunBatch, 'images' | 'shape' | 'rows' | 'told'>,
  step: number,
): ConditionFields | undefined {
  const values = data.conditions?.train;
  if (!values) return undefined;
  const { seed, conditionDropout, conditionDropoutAll } = config;
  return tf.tidy(() => {
    const fields = conditionFields(
      conditions,
      rows.map((row) => values.at(row)),
      told,
      { images, shape, seed, steps: rows.map((_, i) => (step * config.batch + i) % 2 ** 31) },
    ) as ConditionFields;
    return dropCondition(fields, {
      probability: conditionDropout,
      together: conditionDropoutAll,
      unconditional: unconditionalFields(conditions),
      seed,
      step,
    });
  });
}
