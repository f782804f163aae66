/** The factors of x̂ and of the prediction in the noise, where those in x0 are given: noise = (x̂ − x0) / σ. */
export function noiseFactors(
  [xHat, prediction]: readonly [xHat: number, prediction: number],
  sigma: number,
): readonly [xHat: number, prediction: number] {
  return [(1 - xHat) / sigma, -prediction / sigma];
}
