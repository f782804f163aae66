/** What to try when a tensor does not fit. */
export const SMALLER = 'Take a smaller batch, smaller images or fewer channels.';

/** A tensor as errors name it. */
export function describeTensor(shape: readonly number[], dtype: string, bytes: number): string {
  return `a ${dtype} tensor of shape [${shape.join(', ')}] (${bytes} bytes)`;
}
