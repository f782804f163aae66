import { parentPort, workerData } from 'node:worker_threads';
import { ChipReader, type ChipReaderSettings } from './ChipReader.js';
import { type ChipTask, runChipTask } from './chipTasks.js';

/** What a chip worker is started with. */
export interface ChipWorkerData {
  settings: ChipReaderSettings;
  /**
   * Shared with the main thread: index of the chip being read or -1, so that a crash can be named, and the count of
   * chips.
   */
  current: Int32Array;
}

const port = parentPort;
if (port) {
  const { settings, current } = workerData as ChipWorkerData;
  const reader = new ChipReader(settings);
  // Tasks are done one after the other, in the order in which they come.
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ id, task }: { id: number; task: ChipTask }) => {
    last = last.then(async () => {
      const result = await runChipTask(reader, task, (index) => {
        Atomics.store(current, 0, index);
        Atomics.add(current, 1, 1);
      });
      Atomics.store(current, 0, -1);
      port.postMessage({ id, result }, [result.images.buffer]);
    });
  });
}
