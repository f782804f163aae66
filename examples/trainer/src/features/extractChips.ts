import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { CatalogRow } from 'diffusion-ssl/data';
import {
  estimateFeatureMemory,
  extractFeatures,
  type FeatureDenoiser,
  type FeatureStore,
} from 'diffusion-ssl/features';
import { featureFolder } from 'diffusion-ssl/features/node';
import type { NormalizedRaster } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { createCounter } from '../console/counter.js';
import { type ChipScaling, openChips } from '../labels/openChips.js';
import { byteText } from '../model/byteText.js';
import { csvLine } from '../results/csvLine.js';
import { turn } from '../stopping/turn.js';
import type { FeatureRequest } from './readFeatures.js';

/** What {@link extractChips} is to do. */
export interface ExtractOptions {
  rows: readonly CatalogRow[];
  scaling: ChipScaling;
  request: FeatureRequest;
  /** Of the network's weights. */
  fingerprint: string;
  out: string;
  /** Chips of a pass. */
  batch: number;
  signal?: AbortSignal;
}

/**
 * Writes the features of all chips of a catalog, a file each, and `index.csv`, which says whose a file is. What is
 * there is not computed again.
 *
 * @returns How many were computed.
 */
export async function extractChips(
  denoiser: FeatureDenoiser<undefined>,
  { rows, scaling, request, fingerprint, out, batch, signal }: ExtractOptions,
): Promise<number> {
  const chips = await openChips(rows, scaling);
  const store = tellingStore(featureFolder(out));
  const files = new Map<CatalogRow, string>();
  const counter = createCounter('chips', rows.length);
  for (let start = 0; start < rows.length; start += batch) {
    await turn(signal);
    const some = rows.slice(start, start + batch);
    const read = await Promise.all(
      some.map(async (row) => ({ row, image: await (await chips.open(row)).read() })),
    );
    if (start === 0) tellMemory(denoiser, read[0].image, { rows, request, batch });
    // A pass is of chips of one size.
    const bySize = new Map<string, typeof read>();
    for (const one of read) {
      const size = `${one.image.height} × ${one.image.width}`;
      bySize.set(size, [...(bySize.get(size) ?? []), one]);
    }
    for (const group of bySize.values()) {
      const x = tf.tidy(() => tf.stack(group.map(({ image }) => chipTensor(image)))) as tf.Tensor4D;
      try {
        const maps = await extractFeatures(denoiser, x, { ...request, cache: { store, fingerprint } });
        tf.dispose(maps.map(({ map }) => map));
      } finally {
        x.dispose();
      }
      for (const { row } of group) files.set(row, store.asked.shift()!);
    }
    counter.update(Math.min(start + batch, rows.length));
  }
  counter.close();
  const table = rows.map((row) => csvLine([row.images[0], row.usage, `${files.get(row)}.safetensors`]));
  await writeFileAtomic(path.join(out, 'index.csv'), `image,usage,file\n${table.join('')}`);
  return store.computed;
}

function chipTensor({ data, height, width, channels }: NormalizedRaster): tf.Tensor3D {
  return tf.tensor3d(Float32Array.from(data), [height, width, channels]);
}

/** Says what a pass takes, and all of it on disk, before anything is computed. */
function tellMemory(
  denoiser: FeatureDenoiser<undefined>,
  { height, width, channels }: NormalizedRaster,
  { rows, request, batch }: Pick<ExtractOptions, 'rows' | 'request' | 'batch'>,
): void {
  const images = Math.min(batch, rows.length);
  const { total, stored } = estimateFeatureMemory(denoiser, [images, height, width, channels], request);
  console.log(
    `${rows.length} chips of ${height} × ${width}: a pass of ${images} takes ${byteText(total)} of memory beside the ` +
      `weights, all features ${byteText((stored / images) * rows.length)} on disk`,
  );
}

/** A store that remembers what it was asked for, and counts what it was given. */
function tellingStore(store: FeatureStore): FeatureStore & { asked: string[]; computed: number } {
  const telling = {
    asked: [] as string[],
    computed: 0,
    // A pass asks for its images in their order.
    get(name: string) {
      telling.asked.push(name);
      return store.get(name);
    },
    async set(name: string, bytes: Uint8Array) {
      telling.computed++;
      await store.set(name, bytes);
    },
  };
  return telling;
}
