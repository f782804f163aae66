import type { ModelCondition } from 'diffusion-ssl/pretrained';

/** A condition in a few words. */
export function describeCondition(condition: ModelCondition): string {
  const { name } = condition;
  if (condition.kind === 'class') return `${name} (${condition.classes.length} classes)`;
  if (condition.kind === 'fill') return `${name} (the chip itself with gaps)`;
  if (condition.kind === 'given')
    return `${name} (any of ${condition.modalities.map((one) => one.name).join(', ')} given)`;
  if (condition.kind === 'image') return `${name} (image of ${condition.bands} bands)`;
  const { encoding = 'linear', range, unit } = condition;
  return `${name} (${encoding}, ${range.join(' to ')}${unit === undefined ? '' : ` ${unit}`})`;
}
