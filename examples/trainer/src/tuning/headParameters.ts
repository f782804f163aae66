import type { FineTuning } from 'diffusion-ssl/finetuning';
import { type NamedParameter, namedParameters } from 'diffusion-ssl/models';
import type { OpenModel } from '../model/openModel.js';

/** The parameters of a head, without those of its network. */
export function headParameters(tuning: FineTuning, { model }: Pick<OpenModel, 'model'>): NamedParameter[] {
  const ofNetwork = new Set(namedParameters(model).map(({ variable }) => variable));
  return tuning.parameters.filter(({ variable }) => !ofNetwork.has(variable));
}
