import * as tf from '@tensorflow/tfjs-core';
import { getTimestepEmbedding } from '../../src/diffusion/getTimestepEmbedding.js';
import { dropout } from '../../src/ops/dropout.js';
import { makeVariables, type Network } from './ownNetwork.js';

const [DIM, TOKENS, PIXELS] = [16, 16, 8];

/** What it is told: a caption of tokens, [batch, words, 6]. */
export interface Caption {
  words: tf.Tensor;
}

/**
 * A transformer over the patches of 2 × 2 pixels of [batch, 8, 8, 2], without tf.layers: self-attention, attention to
 * the words of a condition, a feed-forward layer with dropout, layer norms.
 */
export function tinyTransformer(seed: number): Network<Caption> {
  const { byName, parameters } = makeVariables(seed, {
    patches: [PIXELS, DIM],
    positions: [TOKENS, DIM],
    time: [16, DIM],
    selfIn: [DIM, 3 * DIM],
    query: [DIM, DIM],
    words: [6, 2 * DIM],
    up: [DIM, 2 * DIM],
    down: [2 * DIM, DIM],
    out: [DIM, PIXELS],
  });
  /** A linear layer over the last axis. */
  const linear = (x: tf.Tensor, weight: tf.Tensor) => {
    const flat = tf.matMul(tf.reshape(x, [-1, weight.shape[0]]), weight as tf.Tensor2D);
    return tf.reshape(flat, [...x.shape.slice(0, -1), weight.shape[1] as number]);
  };
  const normalize = (x: tf.Tensor) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
  };
  const attend = (query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) =>
    tf.matMul(tf.softmax(tf.mul(tf.matMul(query, key, false, true), DIM ** -0.5)), value);

  return {
    parameters,
    statistics: [],
    denoiser: (xT, t, { words }, { training, step }) => {
      const patched = tf.transpose(tf.reshape(xT, [-1, 4, 2, 4, 2, 2]), [0, 1, 3, 2, 4, 5]);
      let x = tf.add(linear(tf.reshape(patched, [-1, TOKENS, PIXELS]), byName.patches), byName.positions);
      x = tf.add(x, tf.expandDims(linear(getTimestepEmbedding(t, 16), byName.time), 1));
      const [query, key, value] = tf.split(linear(normalize(x), byName.selfIn), 3, -1);
      x = tf.add(x, attend(query, key, value));
      const [wordKey, wordValue] = tf.split(linear(words, byName.words), 2, -1);
      x = tf.add(x, attend(linear(normalize(x), byName.query), wordKey, wordValue));
      let inner = tf.relu(linear(normalize(x), byName.up));
      if (training) {
        const wide = tf.expandDims(inner, 1) as tf.Tensor4D;
        inner = tf.squeeze(dropout(wide, { rate: 0.2, key: { seed, stream: 1, step } }), [1]);
      }
      x = tf.add(x, linear(inner, byName.down));
      const pixels = tf.reshape(linear(normalize(x), byName.out), [-1, 4, 4, 2, 2, 2]);
      return tf.reshape(tf.transpose(pixels, [0, 1, 3, 2, 4, 5]), [-1, 8, 8, 2]);
    },
  };
}
