import type { ModelCondition } from 'diffusion-ssl/pretrained';

/** What stands for no condition in each field, for `dropCondition`. */
export function unconditionalFields(conditions: readonly ModelCondition[]): Record<string, number> {
  return Object.fromEntries(conditions.map((condition) => [condition.name, noneOf(condition)]));
}

function noneOf(condition: ModelCondition): number {
  if (condition.kind === 'class') return condition.classes.length;
  return condition.kind === 'number' ? Number.NaN : 0;
}
