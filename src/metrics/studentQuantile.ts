/**
 * Quantile of Student's t distribution, by bisection of its distribution function, which for whole degrees of freedom
 * is a finite sum (Abramowitz & Stegun 26.7.3 and 26.7.4).
 *
 * @param probability in [0.5, 1).
 * @param degrees degrees of freedom, an integer of at least 1.
 */
export function studentQuantile(probability: number, degrees: number): number {
  // With t = √ν tan θ, θ has a finite range.
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (within(middle, degrees) < 2 * probability - 1) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan((low + high) / 2);
}

/** Probability of |T| < √ν tan θ. */
function within(theta: number, degrees: number): number {
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = degrees % 2 === 1;
  let [term, sum] = [isOdd ? cosine : 1, 0];
  for (let j = isOdd ? 1 : 0; j <= degrees - 2; j += 2) {
    sum += term;
    term *= ((j + 1) / (j + 2)) * cosine ** 2;
  }
  return isOdd ? (2 / Math.PI) * (theta + sine * sum) : sine * sum;
}
