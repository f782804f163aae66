import { DataError } from '../../errors/DataError.js';
import type { GlobalStatistics, GlobalStatisticsState } from '../../normalization/GlobalStatistics.js';
import type { NodataValues } from '../../normalization/nodataValues.js';
import type { PixelWindow } from '../geoTiffTypes.js';
import { shownPath } from '../shownPath.js';
import type { ChipReader, ChipRequest, PreparedChip } from './ChipReader.js';
import type { ChipFacts } from './chipFacts.js';
import { checkScaling } from './chipScaling.js';
import { mostCommon } from './mostCommon.js';

/** Work for one worker: look at the headers of chips, read them for an epoch, or gather their statistics. */
export type ChipTask =
  | { kind: 'inspect'; chips: ChipRequest[] }
  | { kind: 'statistics'; chips: ChipRequest[]; nodata: NodataValues; downfactor: number; scaling?: string }
  | { kind: 'read'; chips: ChipRequest[]; epoch: number; expected: ExpectedChip };

/** What every chip of a loader must be. */
export interface ExpectedChip {
  /** [height, width, channels], border included. */
  shape: readonly [number, number, number];
  /** Width of that border. */
  buffer: number;
  /** A chip that is so, for the error about another one. */
  like: string;
  /** What its values stand for (see `scalingOfRasters`). */
  scaling: string;
}

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
  /** `inspect`, `statistics`: what the values of each chip stand for. */
  scalings: string[];
  /** `statistics`: of each good chip. */
  facts: (ChipFacts | undefined)[];
  /** `read`: the chips one after the other. */
  images: Float32Array<ArrayBuffer>;
  /** `read` of windows: where each chip lies. */
  windows?: (PixelWindow | undefined)[];
  /** `read` of windows: numbers of those of which too much is missing. */
  leftOut?: number[];
  /** `statistics`: of the good chips, added in order. */
  statistics?: GlobalStatisticsState;
  bad: BadChip[];
  /** `read`: hashes of the content of chips, as the reader's settings want them. */
  hashes?: [index: number, hash: string][];
}

/** Remote chips of a task that are read at the same time. */
const AT_ONCE = 8;

/** Does a task; `onChip` hears the index of each chip before it is touched, and ends the task by throwing. */
export async function runChipTask(
  reader: ChipReader,
  task: ChipTask,
  onChip: (index: number) => void | Promise<void>,
): Promise<ChipTaskResult> {
  const { chips } = task;
  const length = task.kind === 'read' ? task.expected.shape.reduce((size, side) => size * side) : 0;
  const result: ChipTaskResult = {
    sizes: [],
    scalings: [],
    facts: [],
    images: new Float32Array(chips.length * length),
    bad: [],
    ...(chips.some(({ window }) => window) && { windows: [], leftOut: [] }),
  };
  const statistics: (GlobalStatistics | undefined)[] = [];
  const work = async (chip: ChipRequest, i: number) => {
    try {
      if (task.kind === 'inspect') {
        const { size, scaling } = await reader.inspect(chip);
        result.sizes[i] = size;
        result.scalings[i] = scaling;
      } else if (task.kind === 'statistics') {
        const {
          statistics: part,
          facts,
          scaling,
        } = await reader.statistics(chip, task, () => onChip(chip.index));
        statistics[i] = part;
        result.facts[i] = facts;
        result.scalings[i] = scaling;
      } else {
        const place = result.images.subarray(i * length, (i + 1) * length);
        const read = await readAs(reader, chip, task, place);
        if (result.windows) result.windows[i] = read?.window;
        if (!read) result.leftOut?.push(chip.index);
        else if (read.image.data !== place) place.set(read.image.data);
      }
    } catch (error) {
      result.sizes[i] = [0, 0];
      result.bad.push({ index: chip.index, message: error instanceof Error ? error.message : String(error) });
    }
  };
  const remote: Promise<void>[] = [];
  for (const [i, chip] of chips.entries()) {
    await onChip(chip.index);
    if (!reader.isRemote(chip)) await work(chip, i);
    else if (remote.push(work(chip, i)) % AT_ONCE === 0) await Promise.all(remote);
  }
  await Promise.all(remote);
  if (task.kind === 'read') result.hashes = reader.takeHashes();
  if (task.kind === 'statistics') leaveOutOthers(task, result, statistics);
  // Each chip by itself first, and then in order, whichever came first: the sums are the same to the last bit.
  if (task.kind === 'statistics') result.statistics = mergeAll(statistics)?.toJSON();
  return result;
}

/**
 * Makes those chips bad whose values stand for something else than those of most, or the scaling that the task names.
 */
function leaveOutOthers(
  { chips, scaling }: ChipTask & { kind: 'statistics' },
  result: ChipTaskResult,
  statistics: (GlobalStatistics | undefined)[],
): void {
  const good = result.scalings.filter((one) => one !== undefined);
  const expected = scaling ?? mostCommon(good, (one) => one);
  for (const [i, { index, images }] of chips.entries()) {
    if (!statistics[i]) continue;
    try {
      checkScaling(images.map(shownPath).join(' + '), result.scalings[i], expected);
    } catch (error) {
      result.bad.push({ index, message: (error as Error).message });
      statistics[i] = undefined;
      result.facts[i] = undefined;
    }
  }
}

/** The result of a task that was done without some of its chips, with their entries. */
export function withBadChips(
  task: ChipTask,
  result: ChipTaskResult,
  bad: readonly BadChip[],
): ChipTaskResult {
  if (bad.length === 0) return result;
  const { chips } = task;
  const length = result.images.length / (chips.length - bad.length || 1);
  const whole: ChipTaskResult = {
    ...result,
    sizes: [],
    scalings: [],
    facts: [],
    windows: result.windows && [],
    bad: [...result.bad, ...bad],
  };
  whole.images = new Float32Array(chips.length * length);
  let from = 0;
  chips.forEach(({ index }, i) => {
    const left = bad.some((one) => one.index === index);
    whole.sizes[i] = left ? [0, 0] : result.sizes[from];
    if (left) return;
    whole.scalings[i] = result.scalings[from];
    whole.facts[i] = result.facts[from];
    if (whole.windows) whole.windows[i] = result.windows?.[from];
    whole.images.set(result.images.subarray(from * length, (from + 1) * length), i * length);
    from++;
  });
  return whole;
}

function mergeAll(parts: readonly (GlobalStatistics | undefined)[]): GlobalStatistics | undefined {
  const [first, ...others] = parts.filter((part) => part !== undefined);
  for (const part of others) first.merge(part);
  return first;
}

async function readAs(
  reader: ChipReader,
  chip: ChipRequest,
  { epoch, expected }: ChipTask & { kind: 'read' },
  place: Float32Array<ArrayBuffer>,
): Promise<PreparedChip | undefined> {
  const { shape, buffer, like, scaling } = expected;
  const read = await reader.read(chip, epoch, scaling, place);
  if (!read) return undefined;
  const { height, width } = read.image;
  if (height === shape[0] && width === shape[1]) return read;
  const inner = (sides: readonly number[]) => [sides[0] - 2 * buffer, sides[1] - 2 * buffer] as const;
  throw new DataError(otherSize(chip.images, inner([height, width]), like, inner(shape)));
}

/** The message about a chip whose size [height, width] is not that of the chip `like`. */
export function otherSize(
  images: readonly string[],
  [height, width]: readonly [number, number],
  like: string,
  [likeHeight, likeWidth]: readonly [number, number],
): string {
  return (
    `${images.map(shownPath).join(' + ')}: is ${width} × ${height} pixels, ` +
    `but ${like} is ${likeWidth} × ${likeHeight}; give size to crop or pad.`
  );
}
