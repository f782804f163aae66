import type { Method } from './Method.js';
import { probes } from './probes.js';

/** All methods, in the order of the table: without pretraining first. */
export const METHODS: readonly Method[] = [
  ...probes.filter(({ pretrained }) => !pretrained),
  ...probes.filter(({ pretrained }) => pretrained),
];
