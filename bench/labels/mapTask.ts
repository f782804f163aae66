import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type AffineTransform, encodeGeoTiff } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import { mapScene, networkPredictor } from 'diffusion-ssl/maps';
import { mapFile } from 'diffusion-ssl/maps/node';
import { inferenceModel } from 'diffusion-ssl/models';
import { findNetwork, inChannels, sampledNetworks } from '../networks.js';
import { fillScene } from '../writeChips.js';
import type { LabelTask, MakeLabelTask } from './LabelTask.js';
import { classes, segmenter } from './segmenter.js';

/** Pixels whose two likeliest classes are as likely may fall on either side. */
const AGREEMENT = 0.999;
const MEAN = [100, 110, 120, 130];
const DEVIATION = [30, 30, 30, 30];

/** A map of the classes of a square scene, from one GeoTIFF to another: windows of 256 that share 64, blended. */
export function mapTask(name: string, side: number): MakeLabelTask {
  return async (folder): Promise<LabelTask> => {
    const tuning = await segmenter({ ...findNetwork(sampledNetworks, name)!, name }, folder);
    const file = path.join(folder, 'scene.tif');
    const data = new Uint8Array(side * side * inChannels);
    fillScene(data, { side, bands: inChannels, type: 'uint8' }, 1);
    const crs = { epsg: 32633, transform: [10, 0, 5e5, 0, -10, 5e6] satisfies AffineTransform };
    writeFileSync(file, encodeGeoTiff({ width: side, height: side, bands: inChannels, data, ...crs }));
    const map = path.join(folder, 'map.tif');
    const { predict, dispose } = inferenceModel(tuning.model);
    const normalization = {
      strategy: 'z_value',
      procedure: 'gpb',
      globalStats: { mean: MEAN, std: DEVIATION },
    } as const;
    const predictor = networkPredictor((x) => predict(x, tf.zeros([x.shape[0]], 'int32')), {
      normalization,
      batchPixels: 2 ** 18,
    });
    return {
      request: { task: 'map', folder, file, mean: MEAN, deviation: DEVIATION },
      run: async () => {
        const start = performance.now();
        const source = await openRaster(file);
        await mapScene(source, predictor, { classes, outputs: { classes: mapFile(map) } });
        await source.close();
        return (performance.now() - start) / 1000;
      },
      check: async (peer) => {
        const { same, kinds } = await peer.ask<{ same: number; kinds: number }>({ task: 'map check', map });
        if (!(same >= AGREEMENT && kinds > 1)) {
          throw new Error(`${same} of the pixels have PyTorch's class; ${kinds} classes`);
        }
        return `${(100 * same).toFixed(3)} % of the pixels have PyTorch's class, one of ${kinds}`;
      },
      dispose,
    };
  };
}
