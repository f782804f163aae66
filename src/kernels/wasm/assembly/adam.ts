import { fma, load4, loadPart, store4, storePart } from './simd';

// @ts-ignore: decorator
@inline
function load(pointer: usize, index: usize, lanes: i32): v128 {
  return lanes == 4 ? load4(pointer, index) : loadPart(pointer, index, lanes);
}

// @ts-ignore: decorator
@inline
function store(pointer: usize, index: usize, value: v128, lanes: i32): void {
  if (lanes == 4) store4(pointer, index, value);
  else storePart(pointer, index, value, lanes);
}

/**
 * One step of Adam; four values an item, `count` in all. The moments change in place. The new parameters are those
 * times `keep` less `rate` · first / (√second / `root` + `epsilon`), with the moments of the gradient plus `penalty`
 * times the parameters.
 */
export function adam(
  begin: i32, end: i32,
  parameters: usize, gradients: usize, first: usize, second: usize, newParameters: usize, count: i32,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32,
  rate: f32, root: f32, epsilon: f32, keep: f32, penalty: f32,
): void {
  const penalties = f32x4.splat(penalty);
  const betas1 = f32x4.splat(beta1);
  const rests1 = f32x4.splat(rest1);
  const rests2 = f32x4.splat(rest2);
  const betas2 = f32x4.splat(beta2);
  const epsilons = f32x4.splat(epsilon);
  const rates = f32x4.splat(rate);
  const keeps = f32x4.splat(keep);
  const inverses = f32x4.splat(1 / root);
  for (let i = 4 * begin; i < min(4 * end, count); i += 4) {
    const lanes = min(4, count - i);
    const p = load(parameters, i, lanes);
    const g = fma(p, penalties, load(gradients, i, lanes));
    const m = fma(load(first, i, lanes), betas1, f32x4.mul(g, rests1));
    const square = f32x4.mul(f32x4.mul(g, g), rests2);
    const v = fma(load(second, i, lanes), betas2, square);
    const denominator = fma(f32x4.sqrt(v), inverses, epsilons);
    const change = f32x4.div(f32x4.mul(m, rates), denominator);
    store(first, i, m, lanes);
    store(second, i, v, lanes);
    store(newParameters, i, f32x4.sub(f32x4.mul(p, keeps), change), lanes);
  }
}
