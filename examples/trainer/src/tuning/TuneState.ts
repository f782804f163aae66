import type { TuneConfig } from './TuneConfig.js';

/** A look at the validation chips. */
export interface TuneCheck {
  /** Steps before it. */
  step: number;
  /** Mean loss of the training steps since the look before. */
  trainLoss: number;
  validationLoss: number;
  /** The higher the better. */
  score: number;
}

/** Where fine-tuning stands: saved in every checkpoint. */
export interface TuneState {
  config: TuneConfig;
  /** Of the chips with their labels, and of the pretrained weights. */
  inputs: { chips: string; network: string };
  /** Kernel variant and version: only with the same one a resumed run gives the same bits. */
  build: string;
  /** Steps so far. */
  step: number;
  /** Of the losses since the last look. */
  losses: { sum: number; count: number };
  checks: TuneCheck[];
}

/** The look with the best score, the first of several; undefined before the first. */
export function bestCheck({ checks }: Pick<TuneState, 'checks'>): TuneCheck | undefined {
  return checks.reduce<TuneCheck | undefined>((a, b) => (a && a.score >= b.score ? a : b), undefined);
}

/** Whether nothing is left to do. */
export function isOver({ step, checks, config }: TuneState): boolean {
  const best = checks.indexOf(bestCheck({ checks })!);
  const waited = checks.length - 1 - best;
  return step >= config.steps || (config.patience > 0 && checks.length > 0 && waited >= config.patience);
}
