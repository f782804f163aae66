import path from 'node:path';
import { attentionPredictor, mapScene, type SceneMap } from 'diffusion-ssl/maps';
import { mapFile } from 'diffusion-ssl/maps/node';
import { attentionMaps } from 'diffusion-ssl/models';
import { createCounter } from '../console/counter.js';
import type { ModelScene } from '../model/openModelScene.js';
import type { OpenVit } from '../model/openVit.js';
import { scalingOf } from '../model/scalingOf.js';
import { headNames } from './headNames.js';

/** How a map of attention is made. */
export interface AttentionOptions {
  /** GeoTIFF that is written. */
  out: string;
  /** From 0; a negative number counts from the last. */
  block: number;
  window: number;
  overlap: number;
  signal?: AbortSignal;
}

/** Writes what the class token attends to in a scene, a band a head and their mean, window by window. */
export async function writeAttention(
  vit: OpenVit,
  scene: ModelScene,
  { out, block, window, overlap, signal }: AttentionOptions,
): Promise<SceneMap> {
  const predict = attentionPredictor((x) => attentionMaps(vit.model, x, { block }), {
    normalization: scalingOf(vit),
  });
  let counter: ReturnType<typeof createCounter> | undefined;
  const map = await mapScene(scene, predict, {
    ...{ classes: headNames(vit.heads), outputs: { probabilities: mapFile(out) } },
    // Every patch sees every other.
    ...{ window, overlap, stride: vit.patch, reach: Number.POSITIVE_INFINITY, signal },
    onProgress: ({ done, total }) => {
      counter ??= createCounter(path.basename(scene.name), total);
      counter.update(done);
    },
  });
  counter?.close();
  return map;
}
