import { randomUniform } from 'diffusion-ssl/ops';

/** What is drawn: no two purposes share their numbers. */
export const streams = {
  chips: 201,
  points: 202,
  rows: 203,
  batches: 204,
  flips: 205,
  forest: 206,
  weights: 207,
};

/** `count` numbers in [0, 1) by seed, purpose and place; the first ones are the same whatever the count. */
export async function uniforms(
  count: number,
  seed: number,
  stream: number,
  step: number,
): Promise<Float32Array> {
  if (count === 0) return new Float32Array(0);
  const drawn = randomUniform([count], { seed, stream, step });
  try {
    return (await drawn.data()) as Float32Array;
  } finally {
    drawn.dispose();
  }
}

/** The numbers from 0 to below `count` in an order by chance. */
export async function shuffled(count: number, seed: number, stream: number, step: number): Promise<number[]> {
  const keys = await uniforms(count, seed, stream, step);
  return Array.from(keys, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b);
}
