import type { Run } from '../run/Run.js';

/**
 * What to say of a run that ends above its baseline; undefined of others, and where the loss does not compare with it.
 */
export function baselineAdvice({
  config,
  state,
  folder,
  baseline,
}: Pick<Run, 'config' | 'state' | 'folder' | 'baseline'>): string | undefined {
  const losses = state.history.map(({ validationLoss }) => validationLoss);
  const last = losses.at(-1);
  if (config.loss !== 'mse' || last === undefined || last < baseline) return undefined;
  const { step } = state;
  const rate = config.learningRate;
  const best = Math.min(...losses);
  const before =
    best < baseline
      ? ` It was below after epoch ${losses.indexOf(best) + 1}: best.safetensors is that one, ` +
        'and the rate may be too high.'
      : '';
  return (
    'The run ends above its baseline: a straight line from each noised pixel predicts better, ' +
    'so the network has learned ' +
    `nothing from what lies around it.${before} What to try, in this order: more than the ${step} steps it made ` +
    `(--out ${folder} --resume --epochs ${4 * config.epochs}); ` +
    `a learning rate three times as high or low (it was ${rate}); ` +
    'more chips, or chips whose statistics are plausible (statistics.json); docs/diffusion.md says what a loss means.'
  );
}
