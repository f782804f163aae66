import type { DrawnLabels } from '../transfer/drawLabels.js';
import type { Split, Task } from '../transfer/Task.js';

/** All labels of a task, as a trial has those that it draws. */
export function allLabels({ sets }: Task): DrawnLabels {
  const of = (split: Split) => ({
    chips: Array.from({ length: sets[split].count }, (_, i) => i),
    labels: sets[split].labels,
  });
  return { train: of('train'), validate: of('validate') };
}
