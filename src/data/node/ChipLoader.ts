import { checkInteger } from '../../internal/checks.js';
import { uniformGenerator } from '../../internal/philox.js';
import { randomStreams } from '../../internal/streams.js';
import type { ChipReaderSettings } from './ChipReader.js';
import type { BadChip, ChipTask, ChipTaskResult } from './chipTasks.js';

/** One chip to load: the paths of its rasters, whose bands are stacked in this order. */
export interface ChipRow {
  images: readonly string[];
}

/** A batch of chips. */
export interface ChipBatch {
  /** Its number in the epoch: `epoch(e, { startBatch: batch + 1 })` goes on after it. */
  batch: number;
  /** The values, batch × height × width × channels. */
  images: Float32Array<ArrayBuffer>;
  /** [batch, height, width, channels] */
  shape: [number, number, number, number];
  /** Place of each chip among the rows. */
  indices: number[];
  /** Paths of each chip's rasters as the rows have them. */
  files: (readonly string[])[];
  /** Chips of this batch that turned out bad and were left out (with `onBadChip: 'skip'`). */
  skipped: BadChip[];
}

/** Does tasks: a worker thread, or the main thread. */
export interface ChipTaskRunner {
  run(task: ChipTask): Promise<ChipTaskResult>;
  close(): Promise<void>;
}

interface ChipLoaderParts {
  rows: readonly ChipRow[];
  settings: ChipReaderSettings;
  batchSize: number;
  onBadChip: 'error' | 'skip';
  shuffle: boolean;
  dropLast: boolean;
  prefetch: number;
  runners: readonly ChipTaskRunner[];
}

/** Batches of chips, epoch by epoch. Made by `createChipLoader`. */
export class ChipLoader {
  /** [height, width, channels] of a chip as the network sees it. */
  shape: [number, number, number] = [0, 0, 0];
  /** Chips left out because their files cannot be used (with `onBadChip: 'skip'`). */
  badChips: BadChip[] = [];
  private indices: number[];

  /** @hidden Made by `createChipLoader`. */
  constructor(private readonly parts: ChipLoaderParts) {
    this.indices = parts.rows.map((_, index) => index);
  }

  /** Number of usable chips. */
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
   * @throws If a chip is bad (with `onBadChip: 'error'`) or a worker thread ends: the message names the chip.
   */
  async *epoch(epoch: number, options: { startBatch?: number } = {}): AsyncGenerator<ChipBatch, void, void> {
    const { startBatch = 0 } = options;
    checkInteger('ChipLoader.epoch', 'epoch', epoch, 0, 2 ** 32 - 1);
    checkInteger('ChipLoader.epoch', 'startBatch', startBatch, 0);
    const { batchSize, prefetch } = this.parts;
    const order = this.order(epoch);
    const ahead: Promise<ChipBatch>[] = [];
    let next = startBatch;
    const readAhead = (count: number) => {
      for (; ahead.length < count && next < this.batchesPerEpoch; next++) {
        const batch = this.read(order.slice(next * batchSize, (next + 1) * batchSize), epoch, next);
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
    await Promise.all(this.parts.runners.map((runner) => runner.close()));
  }

  /** @hidden Reads every chip's header, settles the size and sorts out what cannot be used. */
  async inspect(): Promise<void> {
    const { settings, rows, onBadChip } = this.parts;
    const sizes: [number, number][] = [];
    const bad: BadChip[] = [];
    const share = (chips: number[]) => ({ kind: 'inspect' as const, chips: this.requests(chips) });
    for (const { chips, result } of await this.distribute(this.indices, share)) {
      chips.forEach((index, i) => {
        sizes[index] = result.sizes[i];
      });
      bad.push(...result.bad);
    }
    const isBad = new Set(bad.map((chip) => chip.index));
    const first = this.indices.find((index) => !isBad.has(index));
    const [height, width] = settings.chip.size ?? (first === undefined ? [0, 0] : sizes[first]);
    if (!settings.chip.size && first !== undefined) {
      for (const index of this.indices) {
        const [h, w] = sizes[index];
        if (isBad.has(index) || (h === height && w === width)) continue;
        const message = `${rows[index].images.join(' + ')}: is ${w} × ${h} pixels, but ${rows[first].images[0]} is ${width} × ${height}; give size to crop or pad.`;
        bad.push({ index, message });
        isBad.add(index);
      }
    }
    bad.sort((a, b) => a.index - b.index);
    this.indices = this.indices.filter((index) => !isBad.has(index));
    this.badChips = bad;
    if (bad.length > 0 && (onBadChip === 'error' || this.indices.length === 0)) {
      const others = bad.length > 1 ? ` (${bad.length} of ${rows.length} chips are bad)` : '';
      throw new Error(`createChipLoader: ${bad[0].message}${others}`);
    }
    const border = 2 * (settings.chip.buffer ?? 0);
    this.shape = [height + border, width + border, settings.chip.channels];
  }

  private requests(chips: number[]) {
    return chips.map((index) => ({ index, images: this.parts.rows[index].images }));
  }

  /** Every chip has its runner, so that no chip is kept in two caches. */
  private distribute(chips: number[], taskOf: (chips: number[]) => ChipTask) {
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
    const chipLength = this.shape[0] * this.shape[1] * this.shape[2];
    const results = await this.distribute(chips, (share) => ({
      kind: 'read',
      chips: this.requests(share),
      epoch,
      chipLength,
    }));
    const skipped = results.flatMap(({ result }) => result.bad).sort((a, b) => a.index - b.index);
    if (skipped.length > 0 && this.parts.onBadChip === 'error') {
      throw new Error(`chip loader: ${skipped[0].message}`);
    }
    const indices = chips.filter((index) => !skipped.some((chip) => chip.index === index));
    const images = new Float32Array(indices.length * chipLength);
    for (const { chips: share, result } of results) {
      share.forEach((index, i) => {
        const to = indices.indexOf(index);
        if (to >= 0)
          images.set(result.images.subarray(i * chipLength, (i + 1) * chipLength), to * chipLength);
      });
    }
    const files = indices.map((index) => this.parts.rows[index].images);
    return { batch, images, shape: [indices.length, ...this.shape], indices, files, skipped };
  }

  /** Fisher-Yates with the numbers of (seed, epoch). */
  private order(epoch: number): number[] {
    const order = [...this.indices];
    if (!this.parts.shuffle) return order;
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
