import path from 'node:path';
import { uniformGenerator } from '../../src/internal/philox.js';
import { writeChips } from '../../test/support/chips.js';
import { buildTrainer } from '../../test/support/trainer.js';
import type { HostilePart } from './HostilePart.js';
import type { RunTrial } from './runs/RunTrial.js';
import { resultsOf } from './runs/resultsOf.js';
import { tryChanges } from './runs/tryChanges.js';
import { tryCrashes } from './runs/tryCrashes.js';
import { trySignals } from './runs/trySignals.js';
import { tryWriters } from './runs/tryWriters.js';

/** Disturbs training runs: signals, kills in the middle of changes of files, several writers, inputs that change. */
export const runsPart: HostilePart = async ({ seed, count, only, folder }) => {
  const chips = path.join(folder, 'chips');
  const catalog = writeChips(chips, { train: 48, validate: 16 });
  const trainer = buildTrainer();
  try {
    const flags = [
      ...['--data', chips, '--catalog', catalog, '--image-columns', 'optical,radar', '--size', '32'],
      ...['--filter-config', '4,4,8,8,8,8', '--dropout-rate', '0.1', '--augmentation', 'flips+rotation'],
      ...[
        '--epochs',
        '2',
        '--batch',
        '4',
        '--accumulate',
        '2',
        '--checkpoint-steps',
        '4',
        '--checkpoint-interval',
        '1',
      ],
      ...['--timesteps', '20', '--beta-end', '0.3', '--threads', '1', '--workers', '1'],
    ];
    const out = path.join(folder, 'alone');
    const begun = performance.now();
    const { code, stderr } = await trainer.start([...flags, '--out', out]).ended;
    if (code !== 0) return [`runs: the run left alone ended with ${code}: ${stderr}`];
    const duration = performance.now() - begun;
    const random = uniformGenerator({ seed, stream: 0, step: 0 });
    const trial: RunTrial = {
      ...{ trainer, flags, folder, random, duration },
      alone: resultsOf(out),
      count: Math.max(1, Math.ceil(count / 70)),
    };
    const trials: Record<string, () => Promise<string[]>> = {
      signals: () => trySignals(trial),
      writers: () => tryWriters(trial),
      crashes: () => tryCrashes(trial),
      changes: () => tryChanges(trial, chips),
    };
    const problems: string[] = [];
    for (const [name, run] of Object.entries(trials)) {
      if (only === undefined || only === name) problems.push(...(await run()));
    }
    return problems;
  } finally {
    trainer.close();
  }
};
