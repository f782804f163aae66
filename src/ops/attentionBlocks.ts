import * as tf from '@tensorflow/tfjs-core';
import { ownBuffer } from './ownBuffer.js';

/** What attention is computed of; see `attention`. */
export interface AttentionInputs {
  q: tf.Tensor3D;
  k: tf.Tensor3D;
  v: tf.Tensor3D;
  mask?: tf.Tensor4D;
}

interface Settings {
  heads: number;
  scale: number;
}

/** Scores that are held at a time, at most, unless one query alone has more. */
const HELD_SCORES = 2 ** 20;

/** Attention, some queries at a time. */
export function attend({ q, k, v, mask }: AttentionInputs, { heads, scale }: Settings): tf.Tensor3D {
  return tf.tidy(() => {
    const scaled = tf.mul<tf.Tensor3D>(splitHeads(q, heads), scale);
    const [keys, values] = [splitHeads(k, heads), ownBuffer(splitHeads(v, heads))];
    const parts = blocksOf(scaled, keys).map((block) =>
      tf.tidy(() => tf.matMul<tf.Tensor3D>(weightsOf(block(scaled), keys, heads, block(mask, 2)), values)),
    );
    return joinHeads(tf.concat(parts, 1), heads);
  });
}

/** The gradients of q, k and v, which computes the scores again. */
export function attendGradient(
  dy: tf.Tensor3D,
  { q, k, v, mask }: AttentionInputs,
  { heads, scale }: Settings,
): tf.Tensor3D[] {
  return tf.tidy(() => {
    const scaled = tf.mul<tf.Tensor3D>(splitHeads(q, heads), scale);
    const [keys, values] = [ownBuffer(splitHeads(k, heads)), splitHeads(v, heads)];
    const dyHeads = splitHeads(dy, heads);
    const dq: tf.Tensor3D[] = [];
    let [dk, dv] = [tf.zerosLike(keys), tf.zerosLike(values)];
    for (const block of blocksOf(scaled, keys)) {
      const next = tf.tidy(() => {
        const [queries, dy] = [block(scaled), block(dyHeads)];
        const weights = weightsOf(queries, keys, heads, block(mask, 2));
        const dWeights = tf.matMul(dy, values, false, true);
        const mean = tf.sum(tf.mul(weights, dWeights), 2, true);
        const dScores: tf.Tensor3D = tf.mul(weights, tf.sub(dWeights, mean));
        return [
          tf.mul<tf.Tensor3D>(tf.matMul(dScores, keys), scale),
          tf.add<tf.Tensor3D>(dk, tf.matMul(dScores, queries, true)),
          tf.add<tf.Tensor3D>(dv, tf.matMul(weights, dy, true)),
        ];
      });
      tf.dispose([dk, dv]);
      dq.push(next[0]);
      [dk, dv] = next.slice(1);
    }
    return [tf.concat(dq, 1), dk, dv].map((gradient) => joinHeads(gradient, heads));
  });
}

/** For each block of queries what cuts it out of a tensor along an axis, unless that has length 1. */
function blocksOf(queries: tf.Tensor3D, keys: tf.Tensor3D) {
  const count = queries.shape[1];
  const step = Math.max(1, Math.floor(HELD_SCORES / (queries.shape[0] * keys.shape[1])));
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => {
    const start = i * step;
    return <T extends tf.Tensor | undefined>(x: T, axis = 1): T => {
      if (!x || step >= count || x.shape[axis] === 1) return x;
      const begin = x.shape.map((_, i) => (i === axis ? start : 0));
      const size = x.shape.map((side, i) => (i === axis ? Math.min(step, count - start) : side));
      return tf.slice(x, begin, size) as T;
    };
  });
}

/** Softmax of the scores of scaled queries: [batch · heads, queries, keys]. */
function weightsOf(
  queries: tf.Tensor3D,
  keys: tf.Tensor3D,
  heads: number,
  mask: tf.Tensor4D | undefined,
): tf.Tensor3D {
  const scores: tf.Tensor3D = tf.matMul(queries, keys, false, true);
  // A single key has weight 1, to the bit: there is no gradient of what has no influence.
  if (!mask) return keys.shape[1] === 1 ? tf.onesLike(scores) : tf.softmax(scores);
  const [rows, ...matrix] = scores.shape;
  const masked = tf.add(tf.reshape(scores, [rows / heads, heads, ...matrix]), mask);
  return tf.softmax(tf.reshape(masked, scores.shape) as tf.Tensor3D);
}

/** [batch, tokens, channels] → [batch · heads, tokens, channels of a head]. */
export function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [batch, tokens, channels] = x.shape;
  const size = channels / heads;
  const moved = tf.transpose(tf.reshape(x, [batch, tokens, heads, size]), [0, 2, 1, 3]);
  return tf.reshape(moved, [batch * heads, tokens, size]);
}

/** The inverse of {@link splitHeads}. */
function joinHeads(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [rows, tokens, size] = x.shape;
  const batch = rows / heads;
  const moved = tf.transpose(tf.reshape(x, [batch, heads, tokens, size]), [0, 2, 1, 3]);
  return tf.reshape(moved, [batch, tokens, heads * size]);
}
