import type * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../../errors/CheckpointError.js';
import { readJsonFile } from '../../interop/readJsonFile.js';
import { folderFiles } from './folderFiles.js';

/**
 * Saves and loads a `tf.LayersModel` in a folder, as tfjs-node's `file://` does: `model.json` and `weights.bin`.
 *
 * TensorFlow.js itself has no file handler in Node without tfjs-node. It hands over the weights of a model all at once,
 * and takes them so: beside the model, memory holds them a second time. `savePretrained` and `saveTensors` of this
 * package go tensor by tensor.
 *
 * @param folder Where the two files are; made when saving.
 * @returns What `model.save` and `tf.loadLayersModel` take. Loading rejects with a `CheckpointError` where a file is
 * missing or damaged.
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
  const files = folderFiles(folder);
  return {
    async save({ weightData = [], weightSpecs = [], ...artifacts }) {
      const parts = Array.isArray(weightData) ? weightData : [weightData];
      await files.write(
        'weights.bin',
        parts.map((part) => new Uint8Array(part)),
      );
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const model = JSON.stringify({ ...artifacts, weightsManifest: manifest });
      await files.write('model.json', [new TextEncoder().encode(model)]);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
    async load() {
      const model = (await readJsonFile(files, 'model.json')) as tf.io.ModelJSON | undefined;
      if (!model) throw new CheckpointError(`${files.place}/model.json: there is no such file.`);
      const { weightsManifest, ...artifacts } = model;
      const weightData: ArrayBuffer[] = [];
      for (const name of weightsManifest.flatMap(({ paths }) => paths)) {
        const file = await files.open(name);
        if (!file) throw new CheckpointError(`${files.place}/${name}: there is no such file.`);
        try {
          weightData.push((await file.read(0, file.size!)).buffer as ArrayBuffer);
        } finally {
          await file.close?.();
        }
      }
      return { ...artifacts, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData };
    },
  };
}
