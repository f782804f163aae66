import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from 'diffusion-ssl/errors';
import type { BandStatistics } from 'diffusion-ssl/normalization';
import {
  fromPretrained,
  httpFiles,
  type ModelDiffusion,
  type PretrainedModel,
} from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { type Display, displayOf } from '../pictures/display.js';
import { alphaBarsOf } from './alphaBarsOf.js';

/** A trained network to draw samples with or to denoise images: all that its folder must say for that. */
export type OpenModel = PretrainedModel & {
  diffusion: ModelDiffusion;
  /** ᾱ of each timestep. */
  alphaBars: Float64Array;
  display: Display;
  /** Bands shown as red, green and blue, or one as grey, from 0. */
  shownBands: number[];
};

/** Networks that may be of an image and a timestep alone. */
const PLAIN: readonly string[] = ['unetAttD', 'unet2d', 'uVit', 'dit', 'ditTransformer2d'];

/**
 * Opens the model of a run's folder, a model's folder or an http address of one. What it does not say is said.
 *
 * @param options `told`: whether it may have conditions.
 * @throws If it cannot be read, has conditions that nobody gives it, or does not say for which diffusion it was
 * trained.
 */
export async function openModel(place: string, { told = false } = {}): Promise<OpenModel> {
  const pretrained = await fromPretrained(filesOf(place));
  const { diffusion, normalization, bands, remarks, factory } = pretrained;
  const isTold = Boolean(pretrained.conditions?.length);
  if (!PLAIN.includes(factory) || (pretrained.model.inputs.length !== 2 && !isTold)) {
    pretrained.model.dispose();
    throw new ConfigError(
      `${place} holds a network of ${factory}, which takes other than an image and a timestep.`,
    );
  }
  if (!told && isTold) {
    pretrained.model.dispose();
    const names = pretrained.conditions?.map(({ name }) => name).join(', ');
    throw new ConfigError(
      `${place} holds a network that is told ${names} of an image; diffusion-ssl sample takes it, but features, maps ` +
        'and probes are of networks without conditions.',
    );
  }
  for (const remark of remarks) console.warn(remark);
  if (diffusion === undefined) {
    pretrained.model.dispose();
    throw new ConfigError(
      `${place} does not say for which diffusion the network was trained: nothing can be drawn.`,
    );
  }
  const { strategy = 'min_max', procedure = 'lab', globalStats = {} } = normalization ?? { strategy: 'none' };
  const scaling = { normalization: strategy, statistics: procedure };
  return {
    ...pretrained,
    diffusion,
    alphaBars: alphaBarsOf(diffusion),
    display: displayOf(scaling, globalStats as BandStatistics),
    shownBands: bands.length < 3 ? [0] : [0, 1, 2],
  };
}

/** The files of a folder of a run or of a model, or of an http address of one. */
export function filesOf(place: string) {
  if (/^https?:/.test(place)) return httpFiles(place);
  const ofRun = path.join(place, 'model');
  return folderFiles(existsSync(path.join(ofRun, 'diffusion_ssl.json')) ? ofRun : place);
}
