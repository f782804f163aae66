import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { prepareFolder } from './prepareFolder.js';
import { writeFileAtomic } from './writeFileAtomic.js';

/**
 * Saves and loads a `tf.LayersModel` in a folder, as tfjs-node's `file://` does: `model.json` and `weights.bin`.
 *
 * TensorFlow.js itself has no file handler in Node without tfjs-node.
 *
 * @param folder Where the two files are; made when saving.
 * @returns What `model.save` and `tf.loadLayersModel` take.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { loadLayersModel } from '@tensorflow/tfjs-layers';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { nodeFileHandler } from 'diffusion-ssl/training/node';
 *
 * const handler = nodeFileHandler(mkdtempSync('/tmp/model-'));
 * await unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }).save(handler);
 * console.log((await loadLayersModel(handler)).name); // unet_att_d
 * ```
 */
export function nodeFileHandler(folder: string): tf.io.IOHandler {
  const modelPath = path.join(folder, 'model.json');
  return {
    async save({ weightData, weightSpecs = [], ...artifacts }) {
      await prepareFolder(folder);
      const parts = weightData === undefined ? [] : Array.isArray(weightData) ? weightData : [weightData];
      await writeFileAtomic(
        path.join(folder, 'weights.bin'),
        Buffer.concat(parts.map((part) => Buffer.from(part))),
      );
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      await writeFileAtomic(modelPath, JSON.stringify({ ...artifacts, weightsManifest: manifest }));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
    async load() {
      const { weightsManifest, ...artifacts } = JSON.parse(
        await readFile(modelPath, 'utf8'),
      ) as tf.io.ModelJSON;
      const files = weightsManifest.flatMap(({ paths }) => paths);
      const parts = await Promise.all(files.map((file) => readFile(path.join(folder, file))));
      const bytes = new Uint8Array(Buffer.concat(parts));
      const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
      return { ...artifacts, weightSpecs, weightData: bytes.buffer };
    },
  };
}
