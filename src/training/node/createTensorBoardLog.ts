import { appendFileSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { argumentError, checkInteger } from '../../internal/checks.js';
import { fileError } from './fileError.js';
import { frameRecord } from './frameRecord.js';
import { keepEvents } from './keepEvents.js';
import { type EventContent, encodeEvent } from './tensorBoardEvent.js';

/** Options of `createTensorBoardLog`. */
export interface TensorBoardLogOptions {
  /**
   * The last step done before the run stopped: what earlier files say of later ones is taken out of them, and a
   * TensorBoard that has read them forgets it.
   */
  resumeStep?: number;
  /** The same for single curves by their tags, where it is another step than `resumeStep`. */
  resumeSteps?: Readonly<Record<string, number>>;
}

/** Writes one TensorBoard event file. */
export interface TensorBoardLog {
  /** Path of the event file. */
  readonly file: string;
  /** How many points of each curve earlier files hold, where the run resumes. */
  readonly kept: Readonly<Record<string, number>>;
  /** Adds one point of the curve `tag`. */
  scalar(tag: string, value: number, step: number): void;
  /** Adds a picture, given as a PNG file's bytes. */
  image(tag: string, png: Uint8Array, step: number): void;
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
let counter = 0;

/**
 * Opens a new TensorBoard event file in `folder` (created where missing), to be shown by
 * `tensorboard --logdir FOLDER`. A resumed run adds a file of its own, as torch's `SummaryWriter` does with
 * `purge_step`, and takes out of earlier ones what it will do again.
 *
 * The file is a TFRecord sequence of `Event` messages (tensorflow/core/util/event.proto); each record is handed
 * to the operating system at once.
 *
 * @throws When the file cannot be written, a step is no integer of at least 0, or a picture is no PNG.
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { createTensorBoardLog } from 'diffusion-ssl/training/node';
 *
 * const log = createTensorBoardLog(await mkdtemp(`${tmpdir()}/run-`));
 * log.scalar('loss/train', 0.31, 100);
 * ```
 */
export function createTensorBoardLog(folder: string, options: TensorBoardLogOptions = {}): TensorBoardLog {
  const { resumeStep, resumeSteps = {} } = options;
  if (resumeStep !== undefined) checkInteger('createTensorBoardLog: resumeStep', resumeStep, 0);
  const seconds = Math.floor(Date.now() / 1000);
  const file = path.join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${counter++}`);

  function append(content: EventContent): void {
    try {
      appendFileSync(file, frameRecord(encodeEvent(Date.now() / 1000, content)));
    } catch (error) {
      throw fileError('createTensorBoardLog', file, error);
    }
  }

  let kept: Record<string, number> = {};
  try {
    mkdirSync(folder, { recursive: true });
    if (resumeStep !== undefined) {
      kept = keepEvents(folder, (step, tag) => step <= (resumeSteps[tag] ?? resumeStep));
    }
  } catch (error) {
    throw fileError('createTensorBoardLog', folder, error);
  }
  append({ fileVersion: 'brain.Event:2' });
  if (resumeStep !== undefined) append({ restartAt: resumeStep + 1 });
  return {
    file,
    kept,
    scalar(tag, value, step) {
      checkInteger('TensorBoardLog.scalar: step', step, 0);
      append({ step, tag, value });
    },
    image(tag, png, step) {
      checkInteger('TensorBoardLog.image: step', step, 0);
      if (png.length < 33 || pngSignature.some((byte, i) => png[i] !== byte)) {
        throw argumentError('TensorBoardLog.image: png', png, 'the bytes of a PNG file');
      }
      append({ step, tag, png });
    },
  };
}
