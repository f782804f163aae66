import * as tf from '@tensorflow/tfjs-core';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { getLossFn } from 'diffusion-ssl/losses';
import { layersDenoiser, namedParameters } from 'diffusion-ssl/models';
import type { BandStatistics } from 'diffusion-ssl/normalization';
import { checkBands } from 'diffusion-ssl/pretrained';
import { runInputs } from '../checkpoint/runInputs.js';
import type { RunOptions } from '../config/PretrainConfig.js';
import { type ChipData, openChipData } from '../data/chipData.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { sizeMultiple } from '../model/sizeMultiple.js';
import type { Teller } from '../run/RunListener.js';
import { validate } from '../run/validate.js';
import type { LoraRunConfig } from './LoraRunConfig.js';
import type { LoraBatch, LoraSubject } from './LoraSubject.js';
import { reportSites } from './reportSites.js';
import { saveAdapted } from './saveAdapted.js';

/** Seed of the noise of validation chips: runs of all seeds are measured on the same. */
const MEASURED_SEED = 0;

/** What a network and the chips of a site are opened with. */
export interface SubjectStart {
  folder: string;
  config: LoraRunConfig;
  /** What of the run's options the loaders take. */
  flags: RunOptions;
  teller: Teller;
  signal: AbortSignal;
}

/** The chips of the new site, and of the old one where there is one. */
export type Sites = { new: ChipData; old?: ChipData };

/**
 * Opens a pretrained network of an image and a timestep, and the chips of a site that it is adapted to, which are
 * scaled as those were that it comes from.
 *
 * @throws If one cannot be read, or the chips are none for the network.
 */
export async function openSite(start: SubjectStart): Promise<LoraSubject> {
  const { config, signal } = start;
  const model = await openModel(config.model);
  const sites = await openSites(start, model);
  try {
    const { alphaBars } = model;
    const { predictionType } = model.diffusion;
    const denoiser = layersDenoiser(model.model);
    const inputs = { 'the pretrained network': await weightsFingerprint(namedParameters(model.model)) };
    for (const [name, data] of Object.entries(sites)) {
      const found = await runInputs(config.chips, data, {} as BandStatistics);
      for (const [what, hash] of Object.entries(found))
        Object.assign(inputs, { [`${what} (${name} site)`]: hash });
    }
    const { train, contents, skipped } = sites.new;
    return {
      network: model.model,
      ...{ denoiser, alphaBars, predictionType, inputs },
      batchesPerEpoch: train.batchesPerEpoch,
      async *epoch(epoch, startBatch): AsyncIterable<LoraBatch> {
        for await (const { images, shape, batch, skipped: bad } of train.epoch(epoch, { startBatch })) {
          contents.train.check();
          skipped.add(bad);
          yield { batch, x0: tf.tensor4d(images, shape) };
        }
      },
      contents: () => ({ train: String(contents.train), validate: String(contents.validate) }),
      expect(before) {
        contents.train.expect(before.train);
        contents.validate.expect(before.validate);
      },
      async measure() {
        const losses: Record<string, number> = {};
        for (const [name, data] of Object.entries(sites)) {
          losses[name] = await validate(denoiser, data.validate, {
            ...{ alphaBars, seed: MEASURED_SEED, predictionType, skipped: data.skipped, signal },
            loss: getLossFn('mse'),
          });
          data.contents.validate.check();
        }
        return losses;
      },
      endEpoch: (run) => saveAdapted(run, model),
      finish: (run) => reportSites(run, model, sites),
      async close() {
        await closeAll(sites);
        model.model.dispose();
      },
    };
  } catch (error) {
    await closeAll(sites);
    throw error;
  }
}

async function openSites(
  { folder, config, flags, teller, signal }: SubjectStart,
  model: OpenModel,
): Promise<Sites> {
  const { oldData, oldCatalog } = config;
  // Sides are looked at by the size of tokens: what the network's images must be multiples of.
  const chips = { ...config.chips, tokenSize: sizeMultiple(model) };
  const scaling = model.normalization ?? null;
  const open = async (where: object, name: string) => {
    const data = await openChipData({ ...chips, ...where }, flags, { folder, scaling, teller, signal });
    const [height, width] = data.shape;
    const counts = `${data.train.length} training and ${data.validate.length} validation chips`;
    teller.note(`${name} site: ${counts} of ${height} × ${width}`);
    return data;
  };
  const sites: Partial<Sites> = {};
  try {
    sites.new = await open({}, 'new');
    checkSite(sites.new, model, config.chips.catalog!);
    if (oldCatalog === undefined) return sites as Sites;
    sites.old = await open({ data: oldData, catalog: oldCatalog }, 'old');
    checkSite(sites.old, model, oldCatalog);
    const [own, other] = [sites.new, sites.old].map(({ shape }) => shape.slice(0, 2).join(' × '));
    if (own !== other)
      throw new ConfigError(
        `${oldCatalog} has chips of ${other} pixels, the new site of ${own}: give --size.`,
      );
    return sites as Sites;
  } catch (error) {
    await closeAll(sites);
    throw error;
  }
}

/** @throws If chips have not the network's bands. */
function checkSite({ bands }: ChipData, model: OpenModel, catalog: string): void {
  const names = bands.map(({ name }) => name);
  try {
    checkBands(model.bands, { count: bands.length, names, what: catalog });
  } catch (error) {
    const message = (error as Error).message.replace(/^checkBands: /, '');
    throw new DataError(`${message} --input-bands says which of its bands are meant.`, { cause: error });
  }
}

async function closeAll(sites: Partial<Sites>): Promise<void> {
  await Promise.all(Object.values(sites).map((data) => data.close()));
}
