import type { ChipReader, ChipRequest } from './ChipReader.js';

/** Work for one worker: look at the headers of chips, or read them for an epoch. */
export type ChipTask =
  | { kind: 'inspect'; chips: ChipRequest[] }
  | { kind: 'read'; chips: ChipRequest[]; epoch: number; chipLength: number };

/** A chip that could not be used. */
export interface BadChip {
  /** Its place among the rows. */
  index: number;
  message: string;
}

/** What came of a {@link ChipTask}; the entries of bad chips in `sizes` and `images` are zeros. */
export interface ChipTaskResult {
  /** `inspect`: [height, width] of each chip. */
  sizes: [number, number][];
  /** `read`: the chips one after the other. */
  images: Float32Array<ArrayBuffer>;
  bad: BadChip[];
}

/** Does a task; `onChip` hears the index of each chip before it is touched. */
export async function runChipTask(
  reader: ChipReader,
  task: ChipTask,
  onChip: (index: number) => void,
): Promise<ChipTaskResult> {
  const length = task.kind === 'read' ? task.chipLength : 0;
  const result: ChipTaskResult = { sizes: [], images: new Float32Array(task.chips.length * length), bad: [] };
  for (const [i, chip] of task.chips.entries()) {
    onChip(chip.index);
    try {
      if (task.kind === 'read') {
        const { data } = await reader.read(chip, task.epoch);
        if (data.length !== length) {
          throw new Error(`${chip.images.join(' + ')}: has changed its size since the loader was made.`);
        }
        result.images.set(data, i * length);
      } else {
        result.sizes[i] = await reader.inspect(chip);
      }
    } catch (error) {
      result.sizes[i] = [0, 0];
      result.bad.push({ index: chip.index, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return result;
}
