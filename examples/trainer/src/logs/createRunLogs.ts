import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type CsvLog,
  createCsvLog,
  createJsonLinesLog,
  createTensorBoardLog,
  prepareFolder,
  type TensorBoardLog,
} from 'diffusion-ssl/training/node';
import type { RunState } from '../checkpoint/RunState.js';
import { type EpochRecord, epochRecords } from '../run/epochRecords.js';
import type { StepRecord } from '../run/RunListener.js';
import { type EpochLine, restoreRecords } from './restoreRecords.js';

/** Every log that a run writes as it goes: CSV, JSON lines, TensorBoard. */
export interface RunLogs {
  step(record: StepRecord): void;
  epoch(record: EpochRecord): void;
  /** Adds a picture, a PNG file's bytes, to TensorBoard at the last step. */
  picture(tag: 'panel' | 'samples', png: Uint8Array): void;
}

const VALIDATION = 'loss/validation';
const IMAGES_PER_SECOND = 'images_per_second';

/**
 * Opens the logs of a run. Those of a run that goes on become what they were at its checkpoint: what it will do again
 * is taken out, and what is missing is written again from its history, or said by `warn`.
 */
export async function createRunLogs(
  folder: string,
  state: RunState,
  warn: (text: string) => void,
): Promise<RunLogs> {
  const resumeStep = state.step > 0 ? state.step : undefined;
  const linesFile = path.join(folder, 'log.jsonl');
  const records = resumeStep === undefined ? [] : await restoreRecords(linesFile, state, warn);
  const lines = await createJsonLinesLog(linesFile, { resumeStep });
  const csv = await openCsv(path.join(folder, 'training_log.csv'), state);
  const board = await openBoard(path.join(folder, 'tensorboard'), state, records);
  return {
    step(record) {
      lines.write({ ...record });
      writePoints(board, record);
    },
    epoch(record) {
      const { epoch, step, trainLoss, validationLoss, learningRate } = record;
      writeRow(csv, record);
      const line: EpochLine = { step, epoch, trainLoss, validationLoss, learningRate };
      lines.write({ ...line });
      writePoints(board, line);
      writeSpeed(board, record);
    },
    picture(tag, png) {
      board.image(tag, png, state.step);
    },
  };
}

async function openCsv(file: string, state: RunState): Promise<CsvLog> {
  const epochs = epochRecords(state);
  // An earlier version's history does not hold all that stands in a row.
  if (epochs.length < state.history.length) return createCsvLog(file, { resumeEpoch: state.epoch + 1 });
  const csv = await createCsvLog(file);
  for (const record of epochs) writeRow(csv, record);
  return csv;
}

function writeRow(csv: CsvLog, record: EpochRecord): void {
  const { epoch, trainLoss, validationLoss, learningRate, bestEpoch, seconds } = record;
  csv.write({
    epoch,
    trainLoss,
    valLoss: validationLoss,
    learningRate,
    bestEpochSoFar: bestEpoch,
    epochTimeSec: seconds,
  });
}

async function openBoard(
  folder: string,
  state: RunState,
  records: readonly (StepRecord | EpochLine)[],
): Promise<TensorBoardLog> {
  const { step } = state;
  // Without a checkpoint what is there is of a start that came to nothing.
  if (step === 0) await rm(folder, { recursive: true, force: true });
  await prepareFolder(folder, { soleWriter: true });
  if (step === 0) return createTensorBoardLog(folder);
  // An epoch whose last step is saved may not have been validated yet.
  const validated = epochRecords(state).at(-1)?.step ?? 0;
  const perEpoch = { [VALIDATION]: validated, [IMAGES_PER_SECOND]: validated, panel: validated };
  // A finished run that goes on draws other samples at its end.
  const board = createTensorBoardLog(folder, { resumeStep: step, resumeSteps: { ...perEpoch, samples: -1 } });
  if (!board.kept['loss/train']) {
    for (const record of records) writePoints(board, record);
    for (const record of epochRecords(state)) writeSpeed(board, record);
  }
  return board;
}

function writePoints(board: TensorBoardLog, record: StepRecord | EpochLine): void {
  if ('loss' in record) {
    board.scalar('loss/train', record.loss, record.step);
    board.scalar('learning_rate', record.learningRate, record.step);
    board.scalar('gradient_norm', record.gradientNorm, record.step);
  } else board.scalar(VALIDATION, record.validationLoss, record.step);
}

function writeSpeed(board: TensorBoardLog, { imagesPerSecond, step }: EpochRecord): void {
  board.scalar(IMAGES_PER_SECOND, imagesPerSecond, step);
}
