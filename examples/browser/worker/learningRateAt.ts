/** Steps of linear warm-up. */
const WARM_UP = 20;
/** From this step on the rate falls, with the square root of the step. */
const FULL_UNTIL = 50;

/**
 * The learning rate of a step, of which `highest` is the greatest. Nobody says beforehand how long a run in a page will
 * be, so it depends on the step alone, and falls so early that samples are good whenever one looks.
 */
export function learningRateAt(step: number, highest: number): number {
  return (highest * Math.min(1, (step + 1) / WARM_UP)) / Math.sqrt(Math.max(1, step / FULL_UNTIL));
}
