import type { ChipBatch, ChipLoader } from 'diffusion-ssl/data/node';
import type { ToldImages } from './conditionFields.js';

/** A batch of a run's chips. */
export interface RunBatch extends ChipBatch {
  /** The images that the network is told of its chips, if any. */
  told?: ToldImages;
}

/** What a run needs of a chip loader. */
export interface RunLoader
  extends Pick<ChipLoader, 'length' | 'batchesPerEpoch' | 'shape' | 'scaling' | 'badChips' | 'close'> {
  epoch(epoch: number, options?: { startBatch?: number }): AsyncGenerator<RunBatch, void, void>;
}

/** Chips whose last bands are images that the network is told: read and augmented together, then taken apart. */
export class ConditionedLoader implements RunLoader {
  /** @param bands Those that are the chip's own, the first ones. */
  constructor(
    private readonly loader: ChipLoader,
    private readonly bands: number,
  ) {}

  get length(): number {
    return this.loader.length;
  }

  get batchesPerEpoch(): number {
    return this.loader.batchesPerEpoch;
  }

  get shape(): [number, number, number] {
    const [height, width] = this.loader.shape;
    return [height, width, this.bands];
  }

  get scaling(): string {
    return this.loader.scaling;
  }

  get badChips(): ChipLoader['badChips'] {
    return this.loader.badChips;
  }

  async *epoch(epoch: number, options: { startBatch?: number } = {}): AsyncGenerator<RunBatch, void, void> {
    for await (const batch of this.loader.epoch(epoch, options)) yield this.split(batch);
  }

  close(): Promise<void> {
    return this.loader.close();
  }

  private split(batch: ChipBatch): RunBatch {
    const [count, height, width, all] = batch.shape;
    const { bands } = this;
    const part = (from: number, to: number) => {
      const values = new Float32Array(count * height * width * (to - from));
      for (let pixel = 0, at = 0; pixel < count * height * width; pixel++) {
        for (let band = from; band < to; band++) values[at++] = batch.images[pixel * all + band];
      }
      return values;
    };
    return {
      ...batch,
      images: part(0, bands),
      shape: [count, height, width, bands],
      told: { values: part(bands, all), size: [height, width] },
    };
  }
}
