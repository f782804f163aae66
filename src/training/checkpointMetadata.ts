import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';

/** Where the header of a checkpoint holds {@link CheckpointMetadata} as JSON. */
export const METADATA_KEY = 'diffusion-ssl';

/** What a checkpoint's header says of the run. */
export interface CheckpointMetadata {
  version: 1;
  optimizerStep?: number;
  optimizerScalars?: Record<string, number>;
  emaStep?: number;
  state: unknown;
}

/**
 * Reads and checks what the header of a safetensors file says of a run; the trainer's own state is taken as it is.
 *
 * @throws If there is nothing, it is damaged, or of another version.
 */
export function parseCheckpointMetadata(metadata: Readonly<Record<string, string>>): CheckpointMetadata {
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    fail(
      'the file is no checkpoint of a run (its header has no run state); ' +
        'weights alone are loaded with loadTorchStateDict.',
    );
  }
  const parsed = parseJson(text);
  if (!isObject(parsed)) fail(`the run state in the header is ${showJson(parsed)}; it must be an object.`);
  const { version, optimizerStep, optimizerScalars, emaStep, state } = parsed;
  if (version !== 1) fail(`the checkpoint has version ${showJson(version)}; this package reads version 1.`);
  if (optimizerScalars !== undefined && !isObject(optimizerScalars))
    fail(
      `'optimizerScalars' of the run state is ${showJson(optimizerScalars)}; it must be an object of numbers.`,
    );
  for (const [name, value] of Object.entries(optimizerScalars ?? {})) {
    if (!Number.isFinite(value))
      fail(`'optimizerScalars.${name}' of the run state is ${showJson(value)}; it must be a finite number.`);
  }
  return {
    version,
    optimizerStep: count('optimizerStep', optimizerStep),
    optimizerScalars: optimizerScalars as Record<string, number> | undefined,
    emaStep: count('emaStep', emaStep),
    state,
  };
}

function fail(problem: string, cause?: unknown): never {
  throw new CheckpointError(`restoreCheckpoint: ${problem}`, { cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    fail(`the run state in the header is damaged: it begins with ${showJson(text)} and is not JSON.`, error);
  }
}

function count(name: string, value: unknown): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0))
    return value as number | undefined;
  fail(`'${name}' of the run state is ${showJson(value)}; it must be an integer of at least 0.`);
}
