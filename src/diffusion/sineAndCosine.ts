import * as tf from '@tensorflow/tfjs-core';

/** Backends whose own sine and cosine are coarse: WebGPU asks for no more than 2^-11, and for that only up to π. */
const COARSE: readonly string[] = ['webgpu', 'webgl'];

/** 2π as a sum whose first term times a small integer is exact in float32. */
const [TURN, TURN_REST] = [6.28125, 2 * Math.PI - 6.28125];

const TERMS = 10;

/**
 * Sine and cosine of angles up to some thousands, to float32 rounding on every backend.
 *
 * Where the backend's own are coarse: the remainder of a full turn, then Taylor's series.
 */
export function sineAndCosine(angles: tf.Tensor): [tf.Tensor, tf.Tensor] {
  if (!COARSE.includes(tf.getBackend())) return [tf.sin(angles), tf.cos(angles)];
  const turns = tf.round(tf.mul(angles, 1 / (2 * Math.PI)));
  const rest = tf.sub(tf.sub(angles, tf.mul(turns, TURN)), tf.mul(turns, TURN_REST));
  const square = tf.square(rest);
  return [tf.mul(rest, series(square, 1)), series(square, 0)];
}

/** 1 − x / ((first + 1)(first + 2)) · (1 − x / ((first + 3)(first + 4)) · …), in Horner's form. */
function series(x: tf.Tensor, first: 0 | 1): tf.Tensor {
  let sum = tf.onesLike(x);
  for (let i = 2 * TERMS + first; i > first; i -= 2) sum = tf.sub(1, tf.div(tf.mul(x, sum), i * (i - 1)));
  return sum;
}
