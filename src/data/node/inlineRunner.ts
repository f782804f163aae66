import { setImmediate } from 'node:timers/promises';
import { DiffusionSslError } from '../../errors/DiffusionSslError.js';
import type { ChipTaskRunner } from './ChipLoader.js';
import { ChipReader, type ChipReaderSettings } from './ChipReader.js';
import { runChipTask } from './chipTasks.js';

/** Milliseconds of reading after which whatever else waits, such as a signal of the system, has its turn. */
const TURN = 50;

/** Does the tasks in the thread of the caller. */
export function inlineRunner(settings: ChipReaderSettings): ChipTaskRunner {
  const reader = new ChipReader(settings);
  let failure: Error | undefined;
  let since = performance.now();
  const onChip = async () => {
    if (performance.now() - since > TURN) {
      await setImmediate();
      since = performance.now();
    }
    if (failure) throw failure;
  };
  return {
    run: async (task) => {
      const result = await runChipTask(reader, task, onChip);
      // It may have ended the last chip, whose error it then is.
      if (failure) throw failure;
      return result;
    },
    close: async (error) => {
      failure ??= error ?? new DiffusionSslError('chip loader: it has been closed.');
    },
  };
}
