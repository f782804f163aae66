import { existsSync } from 'node:fs';
import { appendFile, readFile, truncate } from 'node:fs/promises';
import { DataError } from 'diffusion-ssl/errors';
import type { Outcome } from './Bench.js';

/** A finished trial. */
export interface Trial extends Outcome {
  task: string;
  budget: string;
  seed: number;
  method: string;
  /** Fingerprint of all that it depends on, see `settingsOf`. */
  settings: string;
  /** Of a processor core. */
  seconds: number;
}

/** What tells a trial from others. */
export type TrialName = Omit<Trial, keyof Outcome | 'seconds'>;

/** The name of a trial within its log. */
export const trialKey = ({ task, budget, seed, method, settings }: TrialName): string =>
  JSON.stringify([task, budget, seed, method, settings]);

/** Finished trials, and where they are added. */
export interface TrialLog {
  trials: Trial[];
  add(trial: Trial): Promise<void>;
}

/** The finished trials of a folder, a line each; what a killed process has not written whole is cut off. */
export async function openTrialLog(file: string): Promise<TrialLog> {
  const trials: Trial[] = [];
  if (existsSync(file)) {
    const text = await readFile(file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const [i, line] of whole.split('\n').slice(0, -1).entries()) {
      try {
        trials.push(JSON.parse(line) as Trial);
      } catch (cause) {
        throw new DataError(
          `${file}, line ${i + 1}: it is no trial; remove the line, or choose another --out.`,
          {
            cause,
          },
        );
      }
    }
    if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
  }
  return {
    trials,
    add: async (trial) => {
      await appendFile(file, `${JSON.stringify(trial)}\n`);
      trials.push(trial);
    },
  };
}
