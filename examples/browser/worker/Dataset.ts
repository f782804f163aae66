import * as tf from '@tensorflow/tfjs-core';
import type { PredictionType } from 'diffusion-ssl/diffusion';
import { normalizeRaster, type Raster } from 'diffusion-ssl/normalization';
import { BandStatistics, errorFactor } from '../../lib/baselineLoss.js';
import type { DatasetInfo, Pixels } from '../shared/types.js';

/** Chips of one shape, normalised to [0, 1] each by itself (min_max over all its bands), as the trainer in Node does. */
export class Dataset {
  readonly chips: Float32Array[] = [];
  private readonly statistics: BandStatistics;

  constructor(
    readonly name: string,
    readonly size: number,
    readonly bands: number,
    readonly bandNames: string[],
  ) {
    this.statistics = new BandStatistics(bands);
  }

  /** Adds a chip of raw values; one without a valid pixel is left out. */
  add(raster: Raster, nodata: readonly number[], integers: boolean): void {
    const { data, mask } = normalizeRaster(raster, { nodata, integers, onEmpty: 'fill' });
    if (mask?.data.every((present) => present === 0)) return;
    this.chips.push(data);
    this.statistics.add(data);
  }

  get shape(): [number, number, number] {
    return [this.size, this.size, this.bands];
  }

  /** The chips of these indices as one batch, the caller's to dispose. */
  batch(indices: ArrayLike<number>): tf.Tensor4D {
    const length = this.size ** 2 * this.bands;
    const values = new Float32Array(indices.length * length);
    for (let i = 0; i < indices.length; i++) values.set(this.chips[indices[i]], i * length);
    return tf.tensor4d(values, [indices.length, ...this.shape]);
  }

  pixels(index: number): Pixels {
    return { height: this.size, width: this.size, channels: this.bands, data: this.chips[index] };
  }

  /**
   * Mean squared error of the best affine predictor for each band and timestep, which a loss must beat to mean something: with
   * variance σ² of a band, that of the noise is ᾱσ² / (ᾱσ² + 1 − ᾱ).
   */
  baseline(alphaBars: ArrayLike<number>, predictionType?: PredictionType): number {
    const moments = this.statistics.moments();
    let sum = 0;
    for (let t = 0; t < alphaBars.length; t++) {
      for (const { variance } of moments) {
        const signal = alphaBars[t] * variance;
        sum += (errorFactor(alphaBars[t], predictionType) * signal) / (signal + 1 - alphaBars[t]);
      }
    }
    return sum / (alphaBars.length * moments.length);
  }

  info(problems: string[] = []): DatasetInfo {
    const { name, size, bands, bandNames } = this;
    return { name, count: this.chips.length, size, bands, bandNames, problems };
  }
}
