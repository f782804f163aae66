import type { TuneConfig } from './TuneConfig.js';

/** The head's learning rate of a step, from 0: up in a line, then along half a cosine to 0, or level. */
export function rateAt(
  step: number,
  { lr, schedule, warmup, steps }: Pick<TuneConfig, 'lr' | 'schedule' | 'warmup' | 'steps'>,
): number {
  if (step < warmup) return (lr * (step + 1)) / (warmup + 1);
  if (schedule === 'constant') return lr;
  const part = (step - warmup) / Math.max(1, steps - warmup);
  return (lr * (1 + Math.cos(Math.PI * part))) / 2;
}
