import { DataError } from '../../errors/DataError.js';
import { checkInteger } from '../../internal/checks.js';
import { uniformGenerator } from '../../internal/philox.js';
import { randomStreams } from '../../internal/streams.js';
import type { ChipRow, ChipRows } from '../ChipList.js';
import { cropSize } from '../decodeChip.js';
import { windowCount } from '../sceneWindows.js';
import { shownPath } from '../shownPath.js';
import type { ChipBatch } from './ChipBatch.js';
import type { ChipReaderSettings, ChipRequest } from './ChipReader.js';
import { checkScaling } from './chipScaling.js';
import { type BadChip, type ChipTask, type ChipTaskResult, otherSize } from './chipTasks.js';
import { closeOnAbort } from './closeOnAbort.js';
import { chipsInOrder, type Share, windowsInOrder } from './joinShares.js';
import { mostCommon } from './mostCommon.js';
import { pieces } from './pieces.js';
import { WindowNumbers } from './WindowNumbers.js';

/** Does tasks: a worker thread, or the main thread. */
export interface ChipTaskRunner {
  run(task: ChipTask): Promise<ChipTaskResult>;
  /** Ends it; tasks under way are rejected, with the error given. */
  close(error?: Error): Promise<void>;
}

interface ChipLoaderParts {
  rows: ChipRows;
  settings: ChipReaderSettings;
  batchSize: number;
  onBadChip: 'error' | 'skip';
  shuffle: boolean;
  dropLast: boolean;
  prefetch: number;
  /** Chips whose headers are read before the first epoch, at most. */
  inspect: number;
  /** What the values must stand for; default: as those of most chips, or without skipping the first one's. */
  scaling?: string;
  runners: readonly ChipTaskRunner[];
  signal?: AbortSignal;
  onContent?: (index: number, hash: string) => void;
}

/** What the header of a chip that can be read says. */
interface LookedAt {
  index: number;
  /** [height, width] */
  size: [number, number];
  scaling: string;
}

/** Batches of chips, epoch by epoch. Made by `createChipLoader`. */
export class ChipLoader {
  /** [height, width, channels] of a chip as the network sees it. */
  shape: [number, number, number] = [0, 0, 0];
  /** Chips left out because their files cannot be used (with `onBadChip: 'skip'`). */
  badChips: BadChip[] = [];
  private indices: Uint32Array;
  private windows: WindowNumbers | undefined;
  /** What the values of its chips stand for, by the scale and offset tags of their files. */
  scaling = '';
  private like = '';
  private size: [number, number] = [0, 0];
  private readonly stopListening: () => void;

  /** @hidden Made by `createChipLoader`. */
  constructor(private readonly parts: ChipLoaderParts) {
    this.indices = Uint32Array.from({ length: parts.rows.length }, (_, index) => index);
    this.stopListening = closeOnAbort('chip loader', parts.signal, parts.runners);
  }

  /** Number of usable chips, or of their windows in an epoch. */
  get length(): number {
    return this.indices.length;
  }

  /** Number of batches in an epoch. */
  get batchesPerEpoch(): number {
    const { batchSize, dropLast } = this.parts;
    return dropLast ? Math.floor(this.length / batchSize) : Math.ceil(this.length / batchSize);
  }

  /**
   * The batches of one epoch in order. Batches are read ahead while the caller works.
   *
   * @param epoch Number of the epoch, from 0: with the seed it decides order and augmentation.
   * @param options `startBatch`: the first batch wanted (default 0), to go on in the middle of an epoch.
   * @throws If a chip is bad (with `onBadChip: 'error'`) or a worker thread ends: the message names the chip. An
   * `AbortError` once the loader's `signal` has been aborted.
   */
  async *epoch(epoch: number, options: { startBatch?: number } = {}): AsyncGenerator<ChipBatch, void, void> {
    const { startBatch = 0 } = options;
    checkInteger('ChipLoader.epoch: epoch', epoch, 0, 2 ** 32 - 1);
    checkInteger('ChipLoader.epoch: startBatch', startBatch, 0);
    const { batchSize, prefetch } = this.parts;
    const order = this.order(epoch);
    const ahead: Promise<ChipBatch>[] = [];
    let next = startBatch;
    const readAhead = (count: number) => {
      for (; ahead.length < count && next < this.batchesPerEpoch; next++) {
        const batch = this.read([...order.subarray(next * batchSize, (next + 1) * batchSize)], epoch, next);
        batch.catch(() => {}); // Reported when its turn comes.
        ahead.push(batch);
      }
    };
    for (;;) {
      readAhead(prefetch + 1);
      const batch = await ahead.shift();
      if (batch === undefined) return;
      readAhead(prefetch);
      if (batch.indices.length > 0) yield batch;
    }
  }

  /** Ends the worker threads; an epoch under way fails. */
  async close(): Promise<void> {
    this.stopListening();
    await Promise.all(this.parts.runners.map((runner) => runner.close()));
  }

  /** @hidden Reads chips' headers, settles the size and sorts out what cannot be used. */
  async inspect(): Promise<void> {
    const { settings, rows, onBadChip, inspect } = this.parts;
    const bad = new Map<number, string>();
    const good: LookedAt[] = [];
    let looked = 0;
    const stride = Math.max(1, Math.ceil(rows.length / Math.max(1, inspect)));
    for (const chips of pieces(rows.length, stride)) {
      const share = (some: number[]) => ({ kind: 'inspect' as const, chips: this.requests(some) });
      const headers = new Map<number, LookedAt>();
      for (const { chips: some, result } of await this.distribute(chips, share)) {
        some.forEach((index, i) => {
          headers.set(index, { index, size: result.sizes[i], scaling: result.scalings[i] });
        });
        for (const { index, message } of result.bad) bad.set(index, message);
      }
      for (const index of chips) if (!bad.has(index)) good.push(headers.get(index) as LookedAt);
      looked += chips.length;
      if (onBadChip === 'skip') continue;
      this.leaveOutOthers(good, good[0], bad);
      if (bad.size > 0) break;
    }
    const kind = ({ size, scaling }: LookedAt) => `${settings.chip.size ? '' : size} ${scaling}`;
    if (onBadChip === 'skip') this.leaveOutOthers(good, mostCommon(good, kind), bad);
    this.indices = this.indices.filter((index) => !bad.has(index));
    this.badChips = [...bad]
      .map(([index, message]) => ({ index, message }))
      .sort((a, b) => a.index - b.index);
    if (bad.size > 0 && (onBadChip === 'error' || this.like === '')) {
      const others = bad.size > 1 ? ` (${bad.size} of ${looked} chips looked at are bad)` : '';
      throw new DataError(`createChipLoader: ${this.badChips[0].message}${others}`);
    }
    if (settings.windows) {
      this.windows = this.countWindows(good, bad);
      this.indices = Uint32Array.from({ length: this.windows.length }, (_, number) => number);
    }
    const border = 2 * (settings.chip.buffer ?? 0);
    const [height, width] = settings.chip.size ?? this.size;
    this.shape = [height + border, width + border, settings.chip.channels];
  }

  /** The windows of the rows that are not bad; one that was not looked at has as many as all. */
  private countWindows(looked: readonly LookedAt[], bad: ReadonlyMap<number, string>): WindowNumbers {
    const { rows, settings } = this.parts;
    const { chip, windows = {} } = settings;
    const counts = new Float64Array(rows.length).fill(windows.count ?? 0);
    for (const { index, size } of looked) {
      counts[index] = windowCount(size, cropSize(chip) as readonly [number, number], windows);
    }
    for (const index of bad.keys()) counts[index] = 0;
    return new WindowNumbers(counts);
  }

  /** Makes those chips bad that are not like the one given. */
  private leaveOutOthers(chips: readonly LookedAt[], like: LookedAt | undefined, bad: Map<number, string>) {
    if (!like) return;
    this.like = this.nameOf(like.index);
    this.size = like.size;
    this.scaling = this.parts.scaling ?? like.scaling;
    for (const { index, size, scaling } of chips) {
      try {
        checkScaling(this.nameOf(index), scaling, this.scaling);
        if (this.parts.settings.chip.size || String(size) === String(like.size)) continue;
        bad.set(index, otherSize(this.row(index).images, size, this.like, like.size));
      } catch (error) {
        bad.set(index, (error as Error).message);
      }
    }
  }

  private row(index: number): ChipRow {
    return this.parts.rows.at(index) as ChipRow;
  }

  private nameOf(index: number): string {
    return this.row(index).images.map(shownPath).join(' + ');
  }

  private requests(chips: number[]): ChipRequest[] {
    return chips.map((index) => {
      const window = this.windows?.find(index);
      return { index, images: this.row(window?.row ?? index).images, window };
    });
  }

  /** @hidden The paths of a chip that is read, or whose header is. */
  imagesOf(index: number): readonly string[] | undefined {
    return this.parts.rows.at(this.windows?.find(index).row ?? index)?.images;
  }

  /**
   * Whether each batch is one runner's work, and need not be put together of several's: where enough batches are read
   * ahead for all runners, and the caches hold windows' blocks, which any of them may need, or less than half of the
   * chips, so that it matters little that a chip is then found in one of them only.
   */
  private get wholeBatches(): boolean {
    const { runners, prefetch, settings } = this.parts;
    if (prefetch >= runners.length && this.windows) return true;
    const bytes = this.length * 4 * this.shape.reduce((size, side) => size * side);
    return prefetch >= runners.length && 2 * runners.length * settings.cacheBytes < bytes;
  }

  /** Every chip has its runner, so that no chip is kept in two caches. */
  private distribute(chips: number[], taskOf: (chips: number[]) => ChipTask): Promise<Share[]> {
    const { runners } = this.parts;
    const shares = runners.map((_, k) => chips.filter((index) => index % runners.length === k));
    return Promise.all(
      shares
        .map((share, k) => ({ share, runner: runners[k] }))
        .filter(({ share }) => share.length > 0)
        .map(async ({ share, runner }) => ({ chips: share, result: await runner.run(taskOf(share)) })),
    );
  }

  private async read(chips: number[], epoch: number, batch: number): Promise<ChipBatch> {
    const { shape, like, scaling } = this;
    const chipLength = shape[0] * shape[1] * shape[2];
    const { runners, settings } = this.parts;
    const taskOf = (some: number[]): ChipTask => ({
      kind: 'read',
      chips: this.requests(some),
      epoch,
      expected: { shape, buffer: settings.chip.buffer ?? 0, like, scaling },
    });
    const results = this.wholeBatches
      ? [{ chips, result: await runners[batch % runners.length].run(taskOf(chips)) }]
      : await this.distribute(chips, taskOf);
    for (const { result } of results) {
      for (const [index, hash] of result.hashes ?? []) this.parts.onContent?.(index, hash);
    }
    const skipped = results.flatMap(({ result }) => result.bad).sort((a, b) => a.index - b.index);
    if (skipped.length > 0 && this.parts.onBadChip === 'error') {
      throw new DataError(`chip loader: ${skipped[0].message}`);
    }
    const leftOut = results.flatMap(({ result }) => result.leftOut ?? []);
    const indices = chips.filter(
      (index) => !leftOut.includes(index) && !skipped.some((chip) => chip.index === index),
    );
    const images = chipsInOrder(results, indices, chipLength);
    const rows = indices.map((index) => this.windows?.find(index).row ?? index);
    const files = rows.map((row) => this.row(row).images);
    const read: ChipBatch = {
      batch,
      images,
      shape: [indices.length, ...shape],
      indices,
      rows,
      files,
      skipped,
    };
    if (!this.windows) return read;
    return { ...read, windows: windowsInOrder(results, indices), leftOut: leftOut.length };
  }

  /** Fisher-Yates with the numbers of (seed, epoch). */
  private order(epoch: number): Uint32Array {
    if (!this.parts.shuffle) return this.indices;
    const order = this.indices.slice();
    const random = uniformGenerator({
      seed: this.parts.settings.seed,
      stream: randomStreams.shuffle,
      step: epoch,
    });
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
