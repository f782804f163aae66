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
  // Tasks are done one after the other, in the order in which they come; one that waits for a server does not keep the
  // next one waiting.
  let ends: readonly [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  let running = 0;
  const run = async (id: number, task: ChipTask) => {
    running++;
    const result = await runChipTask(reader, task, (index) => {
      Atomics.store(current, 0, index);
      Atomics.add(current, 1, 1);
    });
    running--;
    if (running === 0) Atomics.store(current, 0, -1);
    port.postMessage({ id, result }, [result.images.buffer]);
  };
  port.on('message', ({ id, task }: { id: number; task: ChipTask }) => {
    const isRemote = task.kind === 'read' && task.chips.every((chip) => reader.isRemote(chip));
    const begin = isRemote ? ends[0] : Promise.all(ends);
    ends = [ends[1], begin.then(() => run(id, task))];
  });
}
