import type { Run } from './Run.js';

/** Runs `body` with the average of the weights in the model's place, if the run keeps one. */
export function withAverage<T>({ ema }: Pick<Run, 'ema'>, body: () => Promise<T>): Promise<T> {
  return ema ? ema.apply(body) : body();
}
