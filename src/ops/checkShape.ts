import type * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';

/** Throws unless a tensor has this shape: tfjs would broadcast it, or fail without naming it. */
export function checkShape(
  functionName: string,
  argument: string,
  { shape }: tf.Tensor,
  accepted: readonly number[],
): void {
  if (shape.join() !== accepted.join()) {
    throw argumentError(`${functionName}: the shape of ${argument}`, shape, `[${accepted.join(', ')}]`);
  }
}
