import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  estimateFeatureMemory,
  extractFeatures,
  type FeatureMap,
  type FeatureMemory,
  type FeatureOptions,
  weightsFingerprint,
} from 'diffusion-ssl/features';
import { featureFolder } from 'diffusion-ssl/features/node';
import { type InferenceModel, inferenceModel, namedParameters } from 'diffusion-ssl/models';
import { turn } from '../../stopping/turn.js';
import { datesOf, type Split, type Task } from '../Task.js';
import { apart, imageOf } from './rawSource.js';

/** The map of one layer for one chip, row-major [height, width, channels]. */
export interface LayerMap {
  height: number;
  width: number;
  channels: number;
  values: Float32Array;
}

/** At which timestep a network looks at chips, and whether these get the noise of it. */
export interface Look {
  timestep: number;
  noise: 'shared' | 'none';
}

/** How many chips a pass reads at once. */
export const MAPS_BATCH = 16;
/** Maps that are kept in memory, in numbers. */
const KEPT = 300_000_000;

/** The activations of a network's layers for the chips of a task, computed once and kept on disk as float16. */
export class NetworkMaps {
  readonly #inference: InferenceModel;
  readonly #kept = new Map<string, Map<string, LayerMap>>();
  #held = 0;

  private constructor(
    model: tfl.LayersModel,
    readonly task: Task,
    /** Of the network's weights. */
    readonly fingerprint: string,
    private readonly reading: Pick<FeatureOptions, 'layers' | 'alphaBars' | 'cache'>,
  ) {
    this.#inference = inferenceModel(model);
  }

  /** `layers` are those that are read at once; `folder` is that of the cache. */
  static async open(
    model: tfl.LayersModel,
    task: Task,
    { layers, alphaBars, folder }: { layers: readonly string[]; alphaBars: Float64Array; folder: string },
  ): Promise<NetworkMaps> {
    const fingerprint = await weightsFingerprint(namedParameters(model));
    const cache = { store: featureFolder(folder), fingerprint };
    return new NetworkMaps(model, task, fingerprint, { layers, alphaBars, cache });
  }

  /** What a pass takes, and its features on disk, in bytes. */
  memory(look: Look, chips: number): FeatureMemory {
    const { layers } = this.reading;
    return estimateFeatureMemory(this.#inference.denoiser, [chips, ...this.task.shape], {
      timesteps: [look.timestep],
      layers,
    });
  }

  /** Channels of a layer. */
  channels(layer: string): number {
    const { shapes } = this.#inference.denoiser.planActivations([1, ...this.task.shape], [layer]);
    return shapes[0].at(-1)!;
  }

  /** The maps of a chip, by layer. Asked for one of a few chips, those beside it are computed with it. */
  async of(
    split: Split,
    chip: number,
    look: Look,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, LayerMap>> {
    const key = (at: number) => `${split} ${at} ${look.timestep} ${look.noise}`;
    const kept = this.#kept.get(key(chip));
    if (kept) return kept;
    await turn(signal);
    const begin = chip - (chip % MAPS_BATCH);
    const chips = Array.from(
      { length: Math.min(MAPS_BATCH, this.task.sets[split].count - begin) },
      (_, i) => begin + i,
    );
    const maps = await this.#compute(split, chips, look);
    for (const [i, at] of chips.entries()) this.#keep(key(at), maps[i]);
    return this.#kept.get(key(chip))!;
  }

  #keep(key: string, maps: Map<string, LayerMap>): void {
    if (this.#kept.has(key)) return;
    const sizeOf = (some: Map<string, LayerMap>) =>
      [...some.values()].reduce((sum, { values }) => sum + values.length, 0);
    const added = sizeOf(maps);
    for (const [name, other] of this.#kept) {
      if (this.#held + added <= KEPT) break;
      this.#held -= sizeOf(other);
      this.#kept.delete(name);
    }
    this.#kept.set(key, maps);
    this.#held += added;
  }

  async #compute(
    split: Split,
    chips: readonly number[],
    { timestep, noise }: Look,
  ): Promise<Map<string, LayerMap>[]> {
    const { task } = this;
    const dates = datesOf(task.kind);
    const x = tf.tidy(() => {
      const images = Array.from({ length: dates }, (_, date) =>
        chips.map((chip) => tf.tensor3d(imageOf(task, split, chip, date), task.shape)),
      );
      return tf.stack(images.flat()) as tf.Tensor4D;
    });
    let found: FeatureMap[] = [];
    try {
      found = await extractFeatures(this.#inference.denoiser, x, {
        ...this.reading,
        timesteps: [timestep],
        noise,
      });
      const result = chips.map(() => new Map<string, LayerMap>());
      for (const { name, map } of found) {
        const [, height, width, channels] = map.shape;
        const values = (await map.data()) as Float32Array;
        const size = height * width * channels;
        for (const [i, maps] of result.entries()) {
          const own = (at: number) => values.slice(at * size, (at + 1) * size);
          maps.set(name, {
            height,
            width,
            channels,
            values: dates > 1 ? apart(own(i), own(chips.length + i)) : own(i),
          });
        }
      }
      return result;
    } finally {
      tf.dispose([x, ...found.map(({ map }) => map)]);
    }
  }

  dispose(): void {
    this.#inference.dispose();
  }
}
