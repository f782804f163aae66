/** A point of a curve of score over labels. */
export interface CurvePoint {
  amount: number;
  score: number;
}

/**
 * How many labels a curve needs to reach a score: between its points linear in the logarithm of the labels, beyond the
 * last one undefined.
 *
 * @param curve by ascending amount.
 */
export function labelsWorth(curve: readonly CurvePoint[], score: number): number | undefined {
  for (const [i, { amount, score: reached }] of curve.entries()) {
    if (reached < score) continue;
    const before = curve[i - 1];
    if (before === undefined) return amount;
    const part = (score - before.score) / (reached - before.score);
    return before.amount * (amount / before.amount) ** part;
  }
  return undefined;
}
