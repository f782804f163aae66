import * as tf from '@tensorflow/tfjs-core';
import { extractFeatures } from 'diffusion-ssl/features';
import { inferenceModel } from 'diffusion-ssl/models';
import { normalizeRaster, type Raster } from 'diffusion-ssl/normalization';
import { checkBands } from 'diffusion-ssl/pretrained';
import { principalComponents } from '../features/principalComponents.js';
import { checkReading } from '../model/checkReading.js';
import { defaultLayers } from '../model/defaultLayers.js';
import { inUnitsOf } from '../model/inUnitsOf.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { scalingOf } from '../model/scalingOf.js';
import { turn } from '../stopping/turn.js';
import { pooled } from '../transfer/features/pooled.js';
import { imageStatistics } from './imageStatistics.js';

/** Vectors by which sets of images are compared. */
export interface ImageFeatures {
  /** In words. */
  name: string;
  dims: number;
  /** Row-major [images, dims]. */
  of(images: readonly Raster[]): Promise<Float32Array>;
  dispose(): void;
}

/** Which features. */
export interface FeatureChoice {
  /** Folder of a model whose activations are read, or undefined: statistics of the images. */
  model?: string;
  layers?: string[];
  /** Default: a twentieth of its timesteps. */
  timestep?: number;
  signal?: AbortSignal;
}

/** Directions that are kept of the vectors: more could not be told apart from few images. */
const MOST_COMPONENTS = 32;
const BATCH = 16;

/**
 * Opens what images are compared by: their statistics or the mean and deviation of each channel of a frozen network's
 * layers, each in units of the training chips' deviation, in the at most 32 directions in which these vary most.
 *
 * @param network The network whose images they are, as it has them.
 * @param train Its training chips.
 * @throws If the encoder has other bands than the network, or lacks a layer.
 */
export async function openFeatures(
  { model, layers, timestep, signal }: FeatureChoice,
  network: OpenModel,
  train: readonly Raster[],
): Promise<ImageFeatures> {
  const reader =
    model === undefined
      ? { name: 'image statistics', vectorsOf, dispose: () => {} }
      : await encoderOf(model, network, { layers, timestep });
  const rowsOf = async (images: readonly Raster[]) => {
    const rows: Float32Array[] = [];
    for (let i = 0; i < images.length; i += BATCH) {
      await turn(signal);
      rows.push(...(await reader.vectorsOf(images.slice(i, i + BATCH))));
    }
    const joined = new Float32Array(rows.length * rows[0].length);
    for (const [i, row] of rows.entries()) joined.set(row, i * row.length);
    return { rows: joined, dims: rows[0].length };
  };
  try {
    const fitted = await rowsOf(train);
    const { project, shares } = principalComponents(fitted.rows, fitted.dims, MOST_COMPONENTS);
    const dims = shares.length;
    const name = dims < fitted.dims ? `${reader.name} (${dims} components of ${fitted.dims})` : reader.name;
    return {
      name,
      dims,
      of: async (images) => project((await rowsOf(images)).rows),
      dispose: reader.dispose,
    };
  } catch (error) {
    reader.dispose();
    throw error;
  }
}

async function vectorsOf(images: readonly Raster[]): Promise<Float32Array[]> {
  return images.map((image) => Float32Array.from(imageStatistics(image)));
}

async function encoderOf(
  place: string,
  network: OpenModel,
  given: Pick<FeatureChoice, 'layers' | 'timestep'>,
) {
  const encoder = await openModel(place);
  const { denoiser, dispose } = inferenceModel(encoder.model);
  const close = () => {
    dispose();
    encoder.model.dispose();
  };
  try {
    const names = network.bands.map(({ name }) => name);
    checkBands(encoder.bands, { count: names.length, names, what: 'the samples' });
    const { alphaBars } = encoder;
    const { layers = defaultLayers(encoder, denoiser), timestep = Math.floor(alphaBars.length / 20) } = given;
    checkReading(encoder, denoiser, { layers, timesteps: [timestep] });
    const [inUnits, scaling] = [inUnitsOf(network), scalingOf(encoder)];
    return {
      name: `${place}, t ${timestep}, ${layers.join(' + ')}`,
      dispose: close,
      async vectorsOf(images: readonly Raster[]): Promise<Float32Array[]> {
        const x = tf.tidy(() =>
          tf.stack(
            images.map((image) => {
              const { data, height, width, channels } = normalizeRaster(inUnits(image), {
                onEmpty: 'fill',
                ...scaling,
              });
              return tf.tensor3d(data, [height, width, channels]);
            }),
          ),
        ) as tf.Tensor4D;
        const held: tf.Tensor[] = [x];
        try {
          const maps = await extractFeatures(denoiser, x, {
            layers,
            timesteps: [timestep],
            alphaBars,
            noise: 'none',
          });
          held.push(...maps.map(({ map }) => map));
          const values = await Promise.all(maps.map(({ map }) => map.data() as Promise<Float32Array>));
          return images.map((_, i) =>
            Float32Array.from(
              maps.flatMap(({ map }, k) => {
                const length = map.size / images.length;
                return [...pooled(values[k].subarray(i * length, (i + 1) * length), map.shape.at(-1)!)];
              }),
            ),
          );
        } finally {
          tf.dispose(held);
        }
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
