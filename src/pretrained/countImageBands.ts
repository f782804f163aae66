import type { ModelCondition } from './ModelDescription.js';

/** How many bands of a network's input are images that it is told. */
export function countImageBands(conditions: readonly ModelCondition[] = []): number {
  return conditions.reduce((sum, condition) => sum + ('bands' in condition ? condition.bands : 0), 0);
}
