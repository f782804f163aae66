import path from 'node:path';
import { ConfigError } from 'diffusion-ssl/errors';
import type { NormalizationOptions } from 'diffusion-ssl/normalization';
import { type OpenModel, openModel } from '../model/openModel.js';
import type { Bench } from './Bench.js';
import { NetworkMaps } from './features/NetworkMaps.js';
import type { Reading } from './features/networkSource.js';
import { makeNetwork } from './makeNetwork.js';
import { readTask, type TaskSource } from './readTask.js';
import type { Task } from './Task.js';

/** What a bench is made of. */
export interface BenchOptions {
  /** Folder of a run or a model, or an http address of one. */
  model: string;
  source: Omit<TaskSource, 'bands' | 'normalization'>;
  readings: readonly Reading[];
  maxRows: number;
  scoreEvery: number;
  steps: number;
  sceneLayers: readonly string[];
  /** Folder of the caches of features. */
  cache: string;
  /** Read before, from the same source and scaled for the same network. */
  task?: Task;
  /** Called with the network before anything is computed with it. */
  prepare?(network: OpenModel): Promise<void>;
  signal?: AbortSignal;
}

/** Seed of the weights of the network that has learned nothing. */
const RANDOM_SEED = 1234;

/**
 * Opens a pretrained network, a random one of the same shape, and the chips of a task, scaled as the network's.
 *
 * @throws If one cannot be read, or a reading names a layer that the network has not.
 */
export async function openBench(options: BenchOptions): Promise<Bench & { close(): void }> {
  const { readings, cache, signal } = options;
  const network = await openModel(options.model);
  try {
    const names = network.model.layers.map(({ name }) => name);
    const layers = [...new Set(readings.flatMap((reading) => reading.layers))];
    for (const layer of [...layers, ...options.sceneLayers]) {
      if (names.includes(layer)) continue;
      throw new ConfigError(
        `--layers names '${layer}', which the network has not. It has ${names.join(', ')}.`,
      );
    }
    for (const { timestep } of readings) {
      if (timestep < network.alphaBars.length) continue;
      const last = network.alphaBars.length - 1;
      throw new ConfigError(`--timesteps names ${timestep}; the network knows 0 to ${last}.`);
    }
    const normalization = (network.normalization ?? null) as NormalizationOptions | null;
    const source = { ...options.source, bands: network.bands, normalization };
    const task = options.task ?? (await readTask(source, signal));
    await options.prepare?.(network);
    const { alphaBars } = network;
    const untrained = makeNetwork(network, RANDOM_SEED);
    const open = (model: typeof network.model, folder: string) =>
      NetworkMaps.open(model, task, { layers, alphaBars, folder: path.join(cache, folder) });
    const pretrained = await open(network.model, 'pretrained');
    const random = await open(untrained, 'random');
    const close = () => {
      for (const maps of [pretrained, random]) maps.dispose();
      for (const model of [network.model, untrained]) model.dispose();
    };
    const { maxRows, scoreEvery, steps, sceneLayers } = options;
    const settings = { readings, maxRows, scoreEvery, steps, sceneLayers, signal };
    return { task, network, pretrained, random, ...settings, close };
  } catch (error) {
    network.model.dispose();
    throw error;
  }
}
