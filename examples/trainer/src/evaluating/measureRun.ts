import { ConfigError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { namedParameters } from 'diffusion-ssl/models';
import type { GuidanceOptions } from 'diffusion-ssl/samplers';
import { loadCheckpoint } from '../checkpoint/loadCheckpoint.js';
import { runCheckpoints } from '../checkpoint/runCheckpoints.js';
import { inUnitsOf } from '../model/inUnitsOf.js';
import type { OpenModel } from '../model/openModel.js';
import type { SamplerName } from '../model/samplers.js';
import type { Teller } from '../run/RunListener.js';
import { compareSets, imageSet } from './compareSets.js';
import { noiseLike, scattered } from './formless.js';
import { keptSamples } from './keptSamples.js';
import type { Measured, MeasuredCheckpoint } from './Measured.js';
import { nearestChips } from './nearestChips.js';
import { openFeatures } from './openFeatures.js';
import { openRunChips, spread } from './openRunChips.js';

/** What is measured of a run. */
export interface MeasureOptions {
  run: string;
  /** Its checkpoints that are measured; missing: all. */
  checkpoints?: string[];
  data?: string;
  catalog?: string;
  usage: 'validate' | 'test';
  /** Held-out chips, at most. */
  chips: number;
  /** Training chips that neighbours are looked for among, at most. */
  trainChips: number;
  features?: string;
  layers?: string[];
  timestep?: number;
  /** Folder of the samples. */
  folder: string;
  count: number;
  seeds: number;
  seed: number;
  sampler: SamplerName;
  steps: number;
  batch: number;
  guidance: GuidanceOptions;
  teller: Teller;
  signal?: AbortSignal;
}

/**
 * Draws samples of each checkpoint of a run and compares them with held-out chips.
 *
 * @param model The run's network; its weights are those of the last checkpoint at the end.
 * @throws If checkpoints, chips or features cannot be read.
 */
export async function measureRun(model: OpenModel, options: MeasureOptions): Promise<Measured> {
  const { run, count, seeds, sampler, steps, guidance, usage, signal, teller } = options;
  const names = await checkpointsOf(options);
  const { config, chips } = await loadCheckpoint(model, run, names[0]);
  const located = {
    ...config,
    data: options.data ?? config.data,
    catalog: options.catalog ?? config.catalog,
  };
  const held = await openRunChips(located, model, { usage, most: options.chips, teller, signal });
  const train = await openRunChips(located, model, {
    usage: 'train',
    most: options.trainChips,
    teller,
    signal,
  });
  const features = await openFeatures(
    { model: options.features, layers: options.layers, timestep: options.timestep, signal },
    model,
    train.images,
  );
  try {
    const inUnits = inUnitsOf(model);
    const setOf = (images: typeof held.images) => imageSet(images, features, inUnits);
    const heldSet = await setOf(held.images);
    const few = spread(train.images, count);
    const between: Measured['between'] = [];
    for (const [name, images] of [
      ['noise', await noiseLike(few, options.seed)],
      ['scattered pixels', await scattered(few, options.seed)],
      ['training chips', few],
    ] as const) {
      const set = await setOf(images);
      between.push({ name, set, distances: compareSets(set, heldSet), isFloor: name === 'training chips' });
    }
    const measured: MeasuredCheckpoint[] = [];
    const seen = new Map<string, string>();
    for (const name of names) {
      const { epoch, step, history } = await loadCheckpoint(model, run, name);
      const short = name.replace(/\.safetensors$/, '');
      const weights = await weightsFingerprint(namedParameters(model.model));
      const same = seen.get(weights);
      if (same !== undefined) {
        teller.note(`${short} has the weights of ${same}`);
        continue;
      }
      seen.set(weights, short);
      const found: Omit<MeasuredCheckpoint, 'samples'> & { samples?: MeasuredCheckpoint['samples'] } = {
        ...{ name: short, epoch, step, seeds: [], validationLoss: history[epoch - 1]?.validationLoss },
      };
      for (let seed = options.seed; seed < options.seed + seeds; seed++) {
        const images = await keptSamples(model, {
          ...{ name: short, weights, folder: options.folder, count, sampler, steps, seed, guidance, signal },
          ...{ batch: options.batch, size: [chips.shape[0], chips.shape[1]] },
          ...{ told: held.told, toldHash: held.toldHash },
        });
        const set = await setOf(images);
        found.samples ??= set;
        const nearest = await nearestChips(images, train.images, signal);
        found.seeds.push({ seed, distances: compareSets(set, heldSet), nearest });
      }
      measured.push(found as MeasuredCheckpoint);
      const { frechet, kernel } = found.seeds[0].distances;
      teller.note(
        `${short}, step ${step}: Fréchet distance ${frechet.toPrecision(3)}, kernel ${kernel.toPrecision(3)}`,
      );
    }
    measured.sort((a, b) => a.step - b.step);
    await loadCheckpoint(model, run, `${measured.at(-1)!.name}.safetensors`);
    const told = model.conditions?.length ? ', each told what a held-out chip is' : '';
    const scale = guidance.scale === 1 ? '' : `, guidance ${guidance.scale}`;
    return {
      ...{ run, usage, features: features.name, bands: model.bands, between, train },
      drawing: `${count} samples by ${sampler}, ${steps} steps${seeds > 1 ? `, ${seeds} seeds` : ''}${told}${scale}`,
      heldChips: held,
      held: { ...heldSet, nearest: await nearestChips(held.images, train.images, signal) },
      checkpoints: measured,
    };
  } finally {
    features.dispose();
  }
}

/** Names of the files of the checkpoints that are wanted. */
async function checkpointsOf({ run, checkpoints }: MeasureOptions): Promise<string[]> {
  // The best and the latest may be one of those that are kept.
  const found = await runCheckpoints(run, { latest: true });
  const all = [
    ...found.filter((name) => /^epoch/.test(name)),
    ...found.filter((name) => !/^epoch/.test(name)),
  ];
  if (!checkpoints) return all;
  return checkpoints.map((name) => {
    const file = `${name.replace(/\.safetensors$/, '')}.safetensors`;
    if (all.includes(file)) return file;
    const known = all.map((one) => one.replace(/\.safetensors$/, '')).join(', ');
    throw new ConfigError(`--checkpoints names ${name}; ${run} has ${known}.`);
  });
}
