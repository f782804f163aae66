import { ConfigError } from 'diffusion-ssl/errors';
import { NO_LABEL, type Task } from '../transfer/Task.js';

/** @throws {ConfigError} If the training chips have labels of one class alone: then there is nothing to learn. */
export function checkLabels({ sets: { train } }: Task, catalog: string): void {
  const found = new Set(train.labels);
  found.delete(NO_LABEL);
  if (found.size > 1) return;
  throw new ConfigError(`${catalog}: the training chips have labels of ${found.size} class alone.`);
}
