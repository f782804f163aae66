import type { PixelWindow } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { estimateFeatureMemory, type FeatureDenoiser } from 'diffusion-ssl/features';
import {
  MemorySink,
  mapScene,
  type PredictWindow,
  type SceneSource,
  type SceneWindow,
} from 'diffusion-ssl/maps';
import { mapFile } from 'diffusion-ssl/maps/node';
import type { NormalizationOptions } from 'diffusion-ssl/normalization';
import { createCounter } from '../console/counter.js';
import { byteText } from '../model/byteText.js';
import { imageTensor } from '../model/imageTensor.js';
import type { ModelScene } from '../model/openModelScene.js';
import { turn } from '../stopping/turn.js';
import { type PrincipalComponents, principalComponents } from './principalComponents.js';
import { type FeatureRequest, readFeatures } from './readFeatures.js';

/** What {@link mapFeatures} is to do. */
export interface MapFeaturesOptions {
  request: FeatureRequest;
  scaling: NormalizationOptions;
  /** How many principal components become bands. */
  components: number;
  /** GeoTIFF that is written. */
  out: string;
  window: number;
  overlap: number;
  stride: number;
  signal?: AbortSignal;
}

/** Windows that the components are found in, along each side, and vectors of each. */
const SIDE = 3;
const VECTORS = 500;

/**
 * Writes the features of a scene as a GeoTIFF: window by window their principal components, which are found in windows
 * spread over the scene.
 */
export async function mapFeatures(
  denoiser: FeatureDenoiser<undefined>,
  scene: ModelScene,
  options: MapFeaturesOptions,
): Promise<PrincipalComponents> {
  const { out, window, overlap, stride, signal } = options;
  const read = readerOf(denoiser, options);
  const { width, height, bands } = scene.info;
  const side = (length: number) => Math.min(window, Math.ceil(length / stride) * stride);
  const { total } = estimateFeatureMemory(denoiser, [1, side(height), side(width), bands], options.request);
  console.log(`windows of ${window}: each takes ${byteText(total)} of memory beside the weights`);
  const components = await findComponents(scene, read, options);
  const names = components.shares.map((share, i) => `component ${i + 1}, ${(100 * share).toFixed(1)} %`);
  // Components are blended as probabilities are.
  const predict: PredictWindow = async (part) => {
    const values = components.project((await read(part)).rows);
    return { probabilities: values, uncertainty: new Float32Array(values.length / names.length) };
  };
  const counter = { of: undefined as ReturnType<typeof createCounter> | undefined };
  await mapScene(scene, predict, {
    classes: names,
    outputs: { probabilities: mapFile(out) },
    ...{ window, overlap, stride, signal },
    onProgress: ({ done, total }) => {
      counter.of ??= createCounter('windows', total);
      counter.of.update(done);
    },
  });
  counter.of?.close();
  return components;
}

type ReadWindow = (window: SceneWindow) => ReturnType<typeof readFeatures>;

function readerOf(
  denoiser: FeatureDenoiser<undefined>,
  { request, scaling }: MapFeaturesOptions,
): ReadWindow {
  return async ({ raster, top, left }) => {
    const x = imageTensor(raster, scaling);
    try {
      return await readFeatures(denoiser, x, { ...request, origin: [top, left] });
    } finally {
      x.dispose();
    }
  };
}

async function findComponents(
  scene: ModelScene,
  read: ReadWindow,
  { window, stride, components, signal }: MapFeaturesOptions,
): Promise<PrincipalComponents> {
  const { width, height } = scene.info;
  const places = (length: number) => {
    const steps = Math.max(0, Math.floor((length - window) / stride));
    return [
      ...new Set(Array.from({ length: SIDE }, (_, i) => Math.floor((steps * i) / (SIDE - 1)) * stride)),
    ];
  };
  const vectors: Float32Array[] = [];
  for (const top of places(height)) {
    for (const left of places(width)) {
      await turn(signal);
      const part = { top, left, height: Math.min(window, height), width: Math.min(window, width) };
      await mapScene(
        partOf(scene, part),
        async ({ raster }) => {
          const { rows, dims } = await read({ raster, top, left });
          vectors.push(...someVectors(rows, dims, raster.data));
          return { probabilities: new Float32Array(2 * raster.height * raster.width) };
        },
        { classes: 2, outputs: { classes: new MemorySink() }, window, stride, signal },
      );
    }
  }
  if (vectors.length < 2)
    throw new DataError(`${scene.name}: no pixel has a value in the windows looked at.`);
  const dims = vectors[0].length;
  const rows = new Float32Array(vectors.length * dims);
  for (const [i, vector] of vectors.entries()) rows.set(vector, i * dims);
  return principalComponents(rows, dims, components);
}

/** A part of a scene, read as if it were one. */
function partOf(scene: ModelScene, { top, left, height, width }: PixelWindow): SceneSource {
  const read = (part: PixelWindow) => scene.read({ ...part, top: top + part.top, left: left + part.left });
  return { info: { ...scene.info, height, width }, read };
}

/** Vectors of pixels that have a value, evenly spread. */
function someVectors(rows: Float32Array, dims: number, values: Float32Array): Float32Array[] {
  const pixels = rows.length / dims;
  const bands = values.length / pixels;
  const step = Math.max(1, Math.floor(pixels / VECTORS));
  const found: Float32Array[] = [];
  for (let pixel = 0; pixel < pixels; pixel += step) {
    const own = values.subarray(pixel * bands, (pixel + 1) * bands);
    if (own.every(Number.isFinite)) found.push(rows.slice(pixel * dims, (pixel + 1) * dims));
  }
  return found;
}
