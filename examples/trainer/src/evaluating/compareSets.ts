import {
  type BandDistance,
  bandDistances,
  featureMoments,
  frechetDistance,
  kernelDistance,
  type PowerSpectrum,
  powerSpectrum,
  precisionAndRecall,
} from 'diffusion-ssl/metrics';
import type { Raster } from 'diffusion-ssl/normalization';
import type { ImageFeatures } from './openFeatures.js';

/** A set of images with what comparing it takes. */
export interface ImageSet {
  /** As the network has them. */
  images: readonly Raster[];
  /** Row-major [images, dims]. */
  features: Float32Array;
  dims: number;
  /** In units, row-major [pixels, bands]. */
  values: Float32Array;
  spectrum: PowerSpectrum;
}

/** How far a set of images is from held-out chips. */
export interface SetDistances {
  frechet: number;
  kernel: number;
  precision: number;
  recall: number;
  /** Of each band, in its units. */
  bands: BandDistance[];
  /** Mean over bands of their Wasserstein distances, in deviations of the held-out chips. */
  histogram: number;
  /** Mean over bands and frequencies of how far power is off, in decibels. */
  spectrum: number;
}

/** Images that a spectrum is a mean of, at most. */
const SPECTRUM_IMAGES = 64;
/** Power that counts as none: scaled bands have a variance of about 1. */
const NO_POWER = 1e-12;

/** Reads of a set of images what comparing it takes. */
export async function imageSet(
  images: readonly Raster[],
  features: ImageFeatures,
  inUnits: (image: Raster) => Raster,
): Promise<ImageSet> {
  const { length } = images[0].data;
  const values = new Float32Array(images.length * length);
  for (const [i, image] of images.entries()) values.set(inUnits(image).data, i * length);
  return {
    images,
    features: await features.of(images),
    dims: features.dims,
    values,
    spectrum: powerSpectrum(images.slice(0, SPECTRUM_IMAGES)),
  };
}

/** Compares a set of images with held-out chips. */
export function compareSets(set: ImageSet, held: ImageSet): SetDistances {
  const { dims } = held;
  const channels = held.images[0].channels;
  const bands = bandDistances(set.values, held.values, channels);
  return {
    frechet: frechetDistance(featureMoments(set.features, dims), featureMoments(held.features, dims)),
    kernel: kernelDistance(set.features, held.features, dims),
    ...precisionAndRecall(set.features, held.features, dims),
    bands,
    histogram: average(
      bands.map(({ wasserstein }, band) => wasserstein / (deviationOf(held.values, channels, band) || 1)),
    ),
    spectrum: spectrumDistance(set.spectrum, held.spectrum),
  };
}

function spectrumDistance(a: PowerSpectrum, b: PowerSpectrum): number {
  const decibels = ({ power }: PowerSpectrum) =>
    power.flatMap((band) => Array.from(band.subarray(1), (value) => 10 * Math.log10(value + NO_POWER)));
  const [own, other] = [decibels(a), decibels(b)];
  return average(own.map((value, i) => Math.abs(value - other[i])));
}

function deviationOf(values: Float32Array, channels: number, band: number): number {
  const count = values.length / channels;
  let [sum, squares] = [0, 0];
  for (let i = band; i < values.length; i += channels) sum += values[i];
  for (let i = band; i < values.length; i += channels) squares += (values[i] - sum / count) ** 2;
  return Math.sqrt(squares / count);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
