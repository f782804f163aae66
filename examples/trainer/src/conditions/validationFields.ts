import type { ConditionFields } from 'diffusion-ssl/diffusion';
import type { RunBatch } from './ConditionedLoader.js';
import { conditionFields } from './conditionFields.js';
import type { RunConditions } from './readConditions.js';

/** What a network is told of some validation chips; the tensors are the caller's. */
export function validationFields(
  conditions: RunConditions | undefined,
  { rows, told }: Pick<RunBatch, 'rows' | 'told'>,
): ConditionFields | undefined {
  if (!conditions) return undefined;
  const values = rows.map((row) => conditions.validate.at(row));
  return conditionFields(conditions.conditions, values, told);
}
