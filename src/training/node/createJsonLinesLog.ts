import { appendFileSync } from 'node:fs';
import { checkInteger } from '../../internal/checks.js';
import { fileError } from './fileError.js';
import { keepLines } from './keepLines.js';
import { writeFileAtomic } from './writeFileAtomic.js';

/** One record of a JSON-lines log: anything that JSON can hold, by name. */
export interface JsonLinesRecord {
  /** How many optimizer steps the run had done. Records without it are kept on every resume. */
  step?: number;
  [field: string]: unknown;
}

/** Options of `createJsonLinesLog`. */
export interface JsonLinesLogOptions {
  /** Keep the records up to this step, the last one done. Default: start an empty log. */
  resumeStep?: number;
}

/** A log with one JSON object a line. */
export interface JsonLinesLog {
  /** Appends one record; it is with the operating system when the call returns. Non-finite numbers become `null`. */
  write(record: JsonLinesRecord): void;
}

/**
 * Opens a JSON-lines log: one JSON object a line, each handed to the operating system at once, so that a killed
 * run loses no finished line.
 *
 * @param file Path of the file; its folder must exist. An existing file is replaced unless the run resumes.
 * @param options See {@link JsonLinesLogOptions}. On resume, records past the resumed step are dropped, and so is
 *   a last line that was cut off.
 * @throws When the file cannot be written.
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { createJsonLinesLog } from 'diffusion-ssl/training/node';
 *
 * const file = `${await mkdtemp(`${tmpdir()}/run-`)}/log.jsonl`;
 * const log = await createJsonLinesLog(file);
 * log.write({ step: 1, loss: 0.9, learningRate: 2e-4 });
 * console.log(await readFile(file, 'utf8')); // {"step":1,"loss":0.9,"learningRate":0.0002}
 * ```
 */
export async function createJsonLinesLog(
  file: string,
  options: JsonLinesLogOptions = {},
): Promise<JsonLinesLog> {
  const { resumeStep } = options;
  if (resumeStep === undefined) await writeFileAtomic(file, '');
  else {
    checkInteger('createJsonLinesLog: resumeStep', resumeStep, 0);
    await keepLines(file, (line) => !(stepOf(line) > resumeStep));
  }
  return {
    write(record) {
      try {
        appendFileSync(file, `${JSON.stringify(record)}\n`);
      } catch (error) {
        throw fileError('createJsonLinesLog', file, error);
      }
    },
  };
}

/** The step of a record; NaN where it has none, infinity where the line is damaged. */
function stepOf(line: string): number {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && 'step' in record
      ? Number(record.step)
      : Number.NaN;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
