import type { Method } from './Method.js';
import { probes } from './probes.js';
import { trained } from './trained.js';

const all = [...probes, ...trained];

/** All methods, in the order of the table: without pretraining first. */
export const METHODS: readonly Method[] = [
  ...all.filter(({ pretrained }) => !pretrained),
  ...all.filter(({ pretrained }) => pretrained),
];
