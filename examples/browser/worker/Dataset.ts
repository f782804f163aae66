import * as tf from '@tensorflow/tfjs-core';
import { GlobalStatistics, type Raster, type StatisticsSummary } from 'diffusion-ssl/normalization';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import { BandStatistics, errorFactor } from '../../trainer/src/run/baselineLoss.js';
import type { ChipScaling, DatasetInfo, Pixels } from '../shared/types.js';
import type { ChipScale } from './ChipScale.js';
import { displayRanges } from './displayRanges.js';
import type { Run } from './Run.js';

/** Chips of one shape, in their own units; missing values are NaN. */
export class Dataset {
  readonly chips: Raster[] = [];
  private readonly gathered: GlobalStatistics;
  private summary?: StatisticsSummary;

  constructor(
    readonly name: string,
    readonly size: number,
    readonly bands: number,
    readonly bandNames: string[],
  ) {
    this.gathered = new GlobalStatistics({ channels: bands });
  }

  /** Adds a chip; one without a valid value is left out. */
  add(data: Float32Array): void {
    if (!data.some(Number.isFinite)) return;
    const chip = { height: this.size, width: this.size, channels: this.bands, data };
    this.chips.push(chip);
    this.gathered.add(chip);
  }

  get shape(): [number, number, number] {
    return [this.size, this.size, this.bands];
  }

  /** A band without a valid value, of which there are no statistics. */
  emptyBand(): number | undefined {
    const { bands } = this.gathered.toJSON();
    const empty = bands.findIndex(({ pixels }) => pixels.count === 0);
    return empty < 0 ? undefined : empty;
  }

  /** @throws If a band has no valid value. */
  get statistics(): StatisticsSummary {
    this.summary ??= this.gathered.summary();
    return this.summary;
  }

  /**
   * How a new run scales these chips: as the trainer in Node does, each band to mean 0 and variance 1 over all of them.
   */
  get scaling(): ChipScaling {
    return { normalization: { strategy: 'z_value', procedure: 'gpb' }, statistics: this.statistics };
  }

  /** The bands, with the names that the chips came with. */
  get knownBands(): ModelBand[] {
    return this.bandNames.map((name, i) => (name === `band ${i + 1}` ? {} : { name }));
  }

  /** The chips of these indices as one batch, the caller's to dispose. */
  batch(indices: ArrayLike<number>, scale: ChipScale): tf.Tensor4D {
    const length = this.size ** 2 * this.bands;
    const values = new Float32Array(indices.length * length);
    for (let i = 0; i < indices.length; i++) values.set(scale.normalize(this.chips[indices[i]]), i * length);
    return tf.tensor4d(values, [indices.length, ...this.shape]);
  }

  pixels(index: number): Pixels {
    return this.chips[index];
  }

  /**
   * Loss of the best affine predictor for each band and timestep, which that of a run must beat to mean something: with
   * variance σ² of a band, the squared error of the noise is ᾱσ² / (ᾱσ² + 1 − ᾱ).
   */
  baseline(run: Run): number {
    const { alphaBars, lossWeights, settings } = run;
    const scale = run.scaleOn(this);
    const statistics = new BandStatistics(this.bands);
    for (const chip of this.chips) statistics.add(scale.normalize(chip));
    const moments = statistics.moments();
    let sum = 0;
    for (let t = 0; t < alphaBars.length; t++) {
      const factor = lossWeights[t] * errorFactor(alphaBars[t], settings.predictionType);
      for (const { variance } of moments) {
        const signal = alphaBars[t] * variance;
        sum += (factor * signal) / (signal + 1 - alphaBars[t]);
      }
    }
    return sum / (alphaBars.length * moments.length);
  }

  info(problems: string[] = []): DatasetInfo {
    const { name, size, bands, bandNames, statistics } = this;
    const { mean, std } = statistics;
    const ranges = displayRanges(statistics, bands);
    return { name, count: this.chips.length, size, bands, bandNames, mean, std, ranges, problems };
  }
}
