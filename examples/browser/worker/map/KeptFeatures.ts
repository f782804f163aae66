import * as tf from '@tensorflow/tfjs-core';
import { estimateFeatureMemory, type FeatureMap } from 'diffusion-ssl/features';
import type { Head } from 'diffusion-ssl/heads';
import {
  type MapSceneOptions,
  MemorySink,
  mapScene,
  predictFeatures,
  type WindowFeatureOptions,
  windowFeatures,
} from 'diffusion-ssl/maps';
import type { FeatureProgress, MapPlan } from '../../shared/mapTypes.js';
import type { MapNetwork } from './openNetwork.js';
import { rowAt } from './rowAt.js';
import { type Scene, type SceneImage, sourceOf } from './Scene.js';

/** How a scene is laid out in windows, for `mapScene`: a head is used with the same elsewhere. */
export type WindowLayout = Required<Pick<MapSceneOptions, 'window' | 'overlap' | 'stride' | 'reach'>>;

/** How features are taken. */
export interface FeaturePlan {
  network: MapNetwork;
  features: WindowFeatureOptions;
  layout: WindowLayout;
}

/** Features of one window of an image. */
interface KeptWindow {
  top: number;
  left: number;
  size: readonly [height: number, width: number];
  maps: FeatureMap[];
}

/** What maps are made for that nobody reads. */
const NOWHERE = { write: async () => {}, close: async () => {}, abort: async () => {} };

/** The features of all windows of a scene, which serve one head after another. */
export class KeptFeatures {
  private readonly windows = new Map<SceneImage, KeptWindow[]>();
  private readonly rows = new Map<string, Float32Array>();

  private constructor(
    readonly scene: Scene,
    readonly plan: FeaturePlan,
  ) {}

  /** @throws If it is stopped by the signal, or a pass takes more memory than there is; nothing is kept then. */
  static async take(
    scene: Scene,
    plan: FeaturePlan,
    { onProgress, signal }: { onProgress(progress: FeatureProgress): void; signal: AbortSignal },
  ): Promise<KeptFeatures> {
    const kept = new KeptFeatures(scene, plan);
    const { network, features, layout } = plan;
    const total = scene.images.reduce((sum, image) => sum + windowsOf(image, layout).count, 0);
    let done = 0;
    try {
      for (const image of scene.images) {
        const own: KeptWindow[] = [];
        kept.windows.set(image, own);
        // The windows of a map, each of which is predicted once, since its reach is given.
        await mapScene(
          sourceOf(image),
          async (window) => {
            const { raster, top, left } = window;
            const maps = await windowFeatures(network.denoiser, window, features);
            own.push({ top, left, size: [raster.height, raster.width], maps });
            return { probabilities: new Float32Array(2 * raster.height * raster.width) };
          },
          {
            ...{ classes: 2, outputs: { classes: NOWHERE }, ...layout, signal },
            onProgress: () => onProgress({ done: ++done, total }),
          },
        );
      }
      return kept;
    } catch (error) {
      kept.dispose();
      throw error;
    }
  }

  /** The features of one pixel of an image. */
  async row(image: SceneImage, column: number, row: number): Promise<Float32Array> {
    const key = `${this.scene.images.indexOf(image)} ${column} ${row}`;
    const known = this.rows.get(key);
    if (known) return known;
    const inside = ({ top, left, size: [height, width] }: KeptWindow) =>
      Math.min(row - top, column - left, top + height - 1 - row, left + width - 1 - column);
    const [window] = [...(this.windows.get(image) ?? [])].sort((a, b) => inside(b) - inside(a));
    if (!window || inside(window) < 0)
      throw new Error(`${image.name} has no valid pixel around column ${column}, row ${row}.`);
    const { maps, size, top, left } = window;
    const features = await rowAt(maps, { size, row: row - top, column: column - left });
    this.rows.set(key, features);
    return features;
  }

  /** The parts of an image's map that are asked for, each as a GeoTIFF. */
  async map<P extends string>(
    image: SceneImage,
    head: Head,
    { parts, ...options }: Pick<MapSceneOptions, 'classes' | 'colours'> & { parts: readonly P[] },
  ): Promise<Record<P, Uint8Array>> {
    const own = this.windows.get(image)!;
    const sinks = parts.map((part) => [part, new MemorySink()] as const);
    await mapScene(
      sourceOf(image),
      ({ top, left }) => {
        const window = own.find((one) => one.top === top && one.left === left)!;
        return predictFeatures(window.maps, head, window.size);
      },
      { ...options, ...this.plan.layout, outputs: Object.fromEntries(sinks) },
    );
    return Object.fromEntries(sinks.map(([part, sink]) => [part, sink.bytes()])) as Record<P, Uint8Array>;
  }

  dispose(): void {
    for (const windows of this.windows.values()) {
      for (const { maps } of windows) tf.dispose(maps.map(({ map }) => map));
    }
    this.windows.clear();
    this.rows.clear();
  }
}

/** What taking the features of a scene will take. */
export function planOf({ images }: Scene, { network, features, layout }: FeaturePlan): MapPlan {
  let [windows, keptBytes, passBytes] = [0, 0, 0];
  let windowSize: [number, number] = [0, 0];
  let channels = 0;
  for (const image of images) {
    const { count, size } = windowsOf(image, layout);
    const shape = [1, ...size, image.info.bands];
    const { maps, pass, stacked } = estimateFeatureMemory(network.denoiser, shape, features);
    windows += count;
    keptBytes += count * maps;
    if (pass > passBytes) [passBytes, windowSize] = [pass, size];
    channels = stacked / (4 * size[0] * size[1]);
  }
  return { windows, windowSize, channels, keptBytes, passBytes };
}

/** How many windows `mapScene` lays over an image, and of which size. */
function windowsOf(
  { width, height }: SceneImage,
  { window, overlap, stride }: WindowLayout,
): { count: number; size: [height: number, width: number] } {
  const [rows, columns] = [height, width].map((length) => {
    const padded = Math.ceil(length / stride) * stride;
    if (padded <= window) return { count: 1, size: padded };
    const step = Math.floor((window - overlap) / stride) * stride;
    return { count: Math.ceil((padded - window) / step) + 1, size: window };
  });
  return { count: rows.count * columns.count, size: [rows.size, columns.size] };
}
