import type { ConditionFields } from 'diffusion-ssl/diffusion';
import type { RunBatch } from './ConditionedLoader.js';
import { conditionFields } from './conditionFields.js';
import type { RunConditions } from './readConditions.js';

/** The first step that draws what is told of validation chips: beyond all of training. */
const VALIDATION = 2 ** 31;

/** What a network is told of some validation chips; the tensors are the caller's. */
export function validationFields(
  conditions: RunConditions | undefined,
  { images, shape, rows, told }: Pick<RunBatch, 'images' | 'shape' | 'rows' | 'told'>,
): ConditionFields | undefined {
  if (!conditions) return undefined;
  const values = rows.map((row) => conditions.validate.at(row));
  const own = { images, shape, seed: 0, steps: rows.map((row) => VALIDATION + row) };
  return conditionFields(conditions.conditions, values, told, own);
}
