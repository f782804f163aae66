import { ConfigError } from 'diffusion-ssl/errors';
import type { VitConfig } from 'diffusion-ssl/models';
import { fromPretrained, type PretrainedModel } from 'diffusion-ssl/pretrained';
import { filesOf } from './openModel.js';

/** A vision transformer with what it was trained for. */
export type OpenVit = PretrainedModel & {
  /** Side of its patches. */
  patch: number;
  heads: number;
  shownBands: number[];
};

/**
 * Opens the vision transformer of a run's folder, a model's folder or an http address of one.
 *
 * @throws If it cannot be read, or holds another network.
 */
export async function openVit(place: string): Promise<OpenVit> {
  const pretrained = await fromPretrained(filesOf(place));
  const { factory, model, bands, remarks } = pretrained;
  if (factory !== 'vit') {
    model.dispose();
    throw new ConfigError(
      `${place} holds a network of ${factory}; the maps are those of vit, as dino trains it.`,
    );
  }
  for (const remark of remarks) console.warn(remark);
  const { patchSize = 16, numHeads = 12 } = pretrained.config as VitConfig;
  return { ...pretrained, patch: patchSize, heads: numHeads, shownBands: bands.length < 3 ? [0] : [0, 1, 2] };
}
