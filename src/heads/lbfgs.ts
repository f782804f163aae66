/** A function to be minimised, with its gradient and a measure of how far that is from 0. */
export type Objective = (x: Float64Array) => Promise<{ value: number; gradient: Float64Array; size: number }>;

/** When {@link lbfgs} ends. */
export interface LbfgsOptions {
  /** Most steps. */
  maxIterations: number;
  /** It ends where the gradient's size is no larger. */
  tolerance: number;
}

/** How many steps the curvature is known from. */
const HISTORY = 10;
/** The decrease that a step must reach, of the one its slope promises (Armijo's condition). */
const SUFFICIENT = 1e-4;
/** Relative error of a value that is computed from float32 products. */
const ROUNDING = 1e-6;

/**
 * Minimises a convex smooth function by limited-memory BFGS (Nocedal & Wright, "Numerical optimization", algorithm 7.5)
 * with steps halved until they go down far enough, which is all that a convex function asks for.
 */
export async function lbfgs(
  objective: Objective,
  start: Float64Array,
  { maxIterations, tolerance }: LbfgsOptions,
): Promise<Float64Array> {
  const steps: { s: Float64Array; y: Float64Array; curvature: number }[] = [];
  let x = start;
  let current = await objective(x);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const { value, gradient, size } = current;
    if (size <= tolerance) break;
    const direction = descent(gradient, steps);
    const slope = dot(direction, gradient);
    // Without curvature known, the first step is as long as 1 at most.
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = x;
    let reached = current;
    for (; length > 1e-10; length /= 2) {
      next = x.map((entry, i) => entry + length * direction[i]);
      reached = await objective(next);
      if (reached.value <= value + SUFFICIENT * length * slope) break;
      // Where rounding hides the way down, the slope tells it (Hager & Zhang 2005).
      const slopeThere = dot(reached.gradient, direction);
      if (reached.value <= value + ROUNDING * Math.abs(value) && Math.abs(slopeThere) <= -0.9 * slope) break;
    }
    if (length <= 1e-10) break;
    const s = next.map((entry, i) => entry - x[i]);
    const y = reached.gradient.map((entry, i) => entry - gradient[i]);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) steps.push({ s, y, curvature });
    if (steps.length > HISTORY) steps.shift();
    [x, current] = [next, reached];
  }
  return x;
}

/** −H g, H being the inverse curvature as the last steps tell it. */
function descent(
  gradient: Float64Array,
  steps: readonly { s: Float64Array; y: Float64Array; curvature: number }[],
): Float64Array {
  const q = gradient.map((entry) => -entry);
  const factors = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, curvature } = steps[k];
    factors[k] = dot(s, q) / curvature;
    addScaled(q, y, -factors[k]);
  }
  const last = steps.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.y, last.y);
    for (let i = 0; i < q.length; i++) q[i] *= scale;
  }
  for (const [k, { s, y, curvature }] of steps.entries()) addScaled(q, s, factors[k] - dot(y, q) / curvature);
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(target: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * values[i];
}
