import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { namedParameters } from 'diffusion-ssl/models';
import { HEAD_FILE, isProbe, modelOf, readHeadFile } from '../heads/HeadFile.js';
import { openModel } from '../model/openModel.js';
import { openTuned } from '../tuning/openTuned.js';
import type { Predictor } from './Predictor.js';
import { probePredictor } from './probePredictor.js';
import { tunedPredictor } from './tunedPredictor.js';

/**
 * Opens what `probe` or `finetune` left: its folder, that of its model, or the file itself.
 *
 * @param passes How often each window is predicted with dropout; 1: without.
 * @throws If there is no head, or its network is not the one that it was fitted to.
 */
export async function openPredictor(place: string, passes: number): Promise<Predictor> {
  const name = headFileOf(place);
  const file = await readHeadFile(name);
  const network = modelOf(name, file);
  const model = await openModel(network);
  if (!isProbe(file))
    return tunedPredictor(file, model, { tuning: await openTuned(name, file, model), passes });
  const fingerprint = await weightsFingerprint(namedParameters(model.model));
  if (fingerprint !== file.fingerprint) {
    model.model.dispose();
    throw new ConfigError(
      `The network in ${network} is not the one that ${name} was fitted to: it was trained on, or another took its ` +
        'place. Fit the head again.',
    );
  }
  if (passes > 1) {
    throw new ConfigError(
      '--passes draws dropout of a fine-tuned network; a probe has none. Combine several by --with.',
    );
  }
  return probePredictor(file, model);
}

function headFileOf(place: string): string {
  if (!existsSync(place))
    throw new ConfigError(`There is no head ${place}: give what probe or finetune has written.`);
  if (!statSync(place).isDirectory()) return place;
  const candidates = [place, path.join(place, 'model')].map((folder) => path.join(folder, HEAD_FILE));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new ConfigError(
      `${place} holds no ${HEAD_FILE}: fit a head by probe or finetune, and give its folder.`,
    );
  }
  return found;
}
