import type { PredictionType } from 'diffusion-ssl/diffusion';

/** Moments of one band over the training chips. */
export interface BandMoments {
  mean: number;
  variance: number;
}

/** Collects the mean and the variance of each band, chip by chip (Welford's update, pooled over batches). */
export class BandStatistics {
  private count = 0;
  private readonly means: Float64Array;
  private readonly squares: Float64Array;

  constructor(readonly channels: number) {
    this.means = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  /** Adds images, channels last. */
  add(images: Float32Array): void {
    const { channels } = this;
    const pixels = images.length / channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < images.length; i += channels) sum += images[i];
      const mean = sum / pixels;
      let square = 0;
      for (let i = c; i < images.length; i += channels) square += (images[i] - mean) ** 2;
      const total = this.count + pixels;
      const delta = mean - this.means[c];
      this.means[c] += (delta * pixels) / total;
      this.squares[c] += square + (delta * delta * this.count * pixels) / total;
    }
    this.count += pixels;
  }

  /** Mean and variance of each band. */
  moments(): BandMoments[] {
    return Array.from(this.means, (mean, c) => ({
      mean,
      variance: this.squares[c] / Math.max(1, this.count),
    }));
  }
}

/** How many times the squared error of the noise the squared error is of what follows from it at a timestep. */
export function errorFactor(alphaBar: number, predictionType: PredictionType = 'noise'): number {
  return { noise: 1, x0: (1 - alphaBar) / alphaBar, v: 1 / alphaBar }[predictionType];
}

/**
 * Sum of squared errors of the best affine predictor on one noised image: of the noise, or of what follows from it.
 *
 * With x_t = √ᾱ·x₀ + √(1-ᾱ)·ε, the best a·x_t + b for a band of mean μ and variance σ² has a = √(1-ᾱ) / (ᾱσ² + 1 - ᾱ)
 * and b = -a·√ᾱ·μ: least squares, fitted for each band and timestep from the moments of the training chips.
 * With x_t at hand x₀ and v are affine in ε too, of slopes -√(1-ᾱ)/√ᾱ and 1/√ᾱ: so are the best predictors of them.
 */
export function affineError(
  { x0, noise }: { x0: Float32Array; noise: Float32Array },
  alphaBar: number,
  moments: readonly BandMoments[],
  predictionType?: PredictionType,
): number {
  const [signal, spread] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  let sum = 0;
  moments.forEach(({ mean, variance }, c) => {
    const slope = spread / (alphaBar * variance + 1 - alphaBar);
    for (let i = c; i < x0.length; i += moments.length) {
      const xT = signal * x0[i] + spread * noise[i];
      sum += (slope * (xT - signal * mean) - noise[i]) ** 2;
    }
  });
  return sum * errorFactor(alphaBar, predictionType);
}
