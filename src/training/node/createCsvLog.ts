import { appendFileSync } from 'node:fs';
import { DataError } from '../../errors/DataError.js';
import { checkInteger } from '../../internal/checks.js';
import { fileError } from './fileError.js';
import { keepLines } from './keepLines.js';
import { writeFileAtomic } from './writeFileAtomic.js';

/** One epoch of a training log. */
export interface CsvLogRow {
  epoch: number;
  trainLoss: number;
  /** `null` in an epoch without validation: the field stays empty. */
  valLoss: number | null;
  learningRate: number;
  bestEpochSoFar: number;
  epochTimeSec: number;
}

/** Options of `createCsvLog`. */
export interface CsvLogOptions {
  /** Keep the rows of the epochs before this one, which is run next. Default: start an empty log. */
  resumeEpoch?: number;
}

/** A training log, one row an epoch. */
export interface CsvLog {
  /** Appends one row; it is with the operating system when the call returns. */
  write(row: CsvLogRow): void;
}

const header = 'epoch,train_loss,val_loss,learning_rate,best_epoch_so_far,epoch_time_sec';

/**
 * Opens `training_log.csv`: one row an epoch, in the columns
 * `epoch,train_loss,val_loss,learning_rate,best_epoch_so_far,epoch_time_sec` of the EO foundation model tutorial.
 *
 * @param file Path of the file; its folder must exist. An existing file is replaced unless the run resumes.
 * @param options See {@link CsvLogOptions}. On resume, rows at or after the resumed epoch are dropped, so that
 *   no epoch stands twice.
 * @throws When the file cannot be written, or resuming finds a file with other columns.
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { createCsvLog } from 'diffusion-ssl/training/node';
 *
 * const log = await createCsvLog(`${await mkdtemp(`${tmpdir()}/run-`)}/training_log.csv`);
 * log.write({ epoch: 0, trainLoss: 0.31, valLoss: 0.28, learningRate: 2e-4, bestEpochSoFar: 0, epochTimeSec: 61 });
 * ```
 */
export async function createCsvLog(file: string, options: CsvLogOptions = {}): Promise<CsvLog> {
  const { resumeEpoch } = options;
  if (resumeEpoch === undefined) await writeFileAtomic(file, `${header}\n`);
  else await resume(file, resumeEpoch);
  return {
    write(row) {
      const { epoch, trainLoss, valLoss, learningRate, bestEpochSoFar, epochTimeSec } = row;
      const fields = [epoch, trainLoss, valLoss ?? '', learningRate, bestEpochSoFar, epochTimeSec];
      try {
        appendFileSync(file, `${fields.join(',')}\n`);
      } catch (error) {
        throw fileError('createCsvLog', file, error);
      }
    },
  };
}

async function resume(file: string, resumeEpoch: number): Promise<void> {
  checkInteger('createCsvLog: resumeEpoch', resumeEpoch, 0);
  const kept = await keepLines(file, (line, index) => {
    if (index > 0) return Number.parseInt(line, 10) < resumeEpoch;
    if (line.trim() === header) return true;
    throw new DataError(`createCsvLog: '${file}' begins with '${line}'; it must begin with '${header}'.`);
  });
  if (kept.length === 0) await writeFileAtomic(file, `${header}\n`);
}
