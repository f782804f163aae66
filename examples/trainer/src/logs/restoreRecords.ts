import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { RunState } from '../checkpoint/RunState.js';
import { epochRecords } from '../run/epochRecords.js';
import type { StepRecord } from '../run/RunListener.js';

/** One epoch, as it is logged beside the steps. */
export interface EpochLine {
  step: number;
  epoch: number;
  trainLoss: number;
  validationLoss: number;
  learningRate: number;
}

/**
 * Brings a log of steps and epochs to where a checkpoint stands: each step until then once, and the epochs of the
 * history. Says which steps it lacks, which nothing else knows.
 */
export async function restoreRecords(
  file: string,
  state: RunState,
  warn: (text: string) => void,
): Promise<(StepRecord | EpochLine)[]> {
  const steps = new Map<number, StepRecord>();
  const epochs = new Map<number, EpochLine>();
  for (const record of await readRecords(file)) {
    if ('loss' in record) {
      if (record.step <= state.step) steps.set(record.step, record);
    } else if (record.epoch <= state.history.length) epochs.set(record.epoch, record);
  }
  for (const { step, epoch, trainLoss, validationLoss, learningRate } of epochRecords(state)) {
    epochs.set(epoch, { step, epoch, trainLoss, validationLoss, learningRate });
  }
  // An epoch stands behind its last step.
  const place = (record: StepRecord | EpochLine) => record.step + ('loss' in record ? 0 : 0.5);
  const records = [...steps.values(), ...epochs.values()].sort((a, b) => place(a) - place(b));
  await writeFileAtomic(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const missing = state.step - steps.size;
  if (missing > 0) {
    warn(
      `${path.basename(file)} lacks ${missing} of the ${state.step} steps until now: it was changed or deleted.`,
    );
  }
  return records;
}

/** The whole records of a log; a line that is damaged, or of something else, is left out. */
async function readRecords(file: string): Promise<(StepRecord | EpochLine)[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      const record = JSON.parse(line) as StepRecord | EpochLine;
      return Number.isInteger(record.step) && ('loss' in record || 'validationLoss' in record)
        ? [record]
        : [];
    } catch {
      return [];
    }
  });
}
