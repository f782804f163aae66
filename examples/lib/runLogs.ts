import path from 'node:path';
import { createCsvLog, createJsonLinesLog, createTensorBoardLog } from 'diffusion-ssl/training/node';
import { createProgressBar, type ProgressBar } from './progressBar.js';
import type { RunState } from './runFolder.js';

/** One optimizer step, as it is logged. */
export interface StepRecord {
  step: number;
  epoch: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  images: number;
}

/** One epoch, as it is logged; epochs count from 1. */
export interface EpochRecord {
  epoch: number;
  step: number;
  trainLoss: number;
  validationLoss: number;
  learningRate: number;
  bestEpoch: number;
  seconds: number;
}

/** Everything that a run writes as it goes: CSV, JSON lines, TensorBoard, progress bar. */
export interface RunLogs {
  step(record: StepRecord): void;
  epoch(record: EpochRecord): void;
  /** Leaves the bar as it is. */
  close(): void;
}

/** Opens the logs of a run of so many steps; what a resumed run will do again is taken out of them. */
export async function createRunLogs(
  folder: string,
  { step, epoch, config }: RunState,
  totalSteps: number,
): Promise<RunLogs> {
  const resumes = step > 0;
  const csv = await createCsvLog(
    path.join(folder, 'training_log.csv'),
    resumes ? { resumeEpoch: epoch + 1 } : {},
  );
  const lines = await createJsonLinesLog(path.join(folder, 'log.jsonl'), resumes ? { resumeStep: step } : {});
  const board = createTensorBoardLog(path.join(folder, 'tensorboard'), resumes ? { resumeStep: step } : {});
  let bar: ProgressBar | undefined;
  return {
    step(record) {
      lines.write({ ...record });
      board.scalar('loss/train', record.loss, record.step);
      board.scalar('learning_rate', record.learningRate, record.step);
      const { step, loss, images, epoch } = record;
      bar ??= createProgressBar({ totalSteps, startStep: step - 1 });
      bar.update({ step, loss, images, label: `epoch ${epoch}/${config.epochs}` });
    },
    epoch({ epoch, step, trainLoss, validationLoss, learningRate, bestEpoch, seconds }) {
      csv.write({
        epoch,
        trainLoss,
        valLoss: validationLoss,
        learningRate,
        bestEpochSoFar: bestEpoch,
        epochTimeSec: seconds,
      });
      lines.write({ step, epoch, trainLoss, validationLoss, learningRate });
      board.scalar('loss/validation', validationLoss, step);
      bar?.print(
        `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ` +
          `${seconds.toFixed(0)} s${bestEpoch === epoch ? ', best so far' : ''}`,
      );
    },
    close() {
      bar?.close();
    },
  };
}
