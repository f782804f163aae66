import * as tf from '@tensorflow/tfjs-core';

/** A vector of each sample, [batch, channels], as it is applied to all its tokens. */
const ofTokens = (x: tf.Tensor) => tf.expandDims(x, 1);

/** x · (1 + scale) + shift, the latter two a vector a sample. */
export function modulate(x: tf.Tensor3D, shift: tf.Tensor, scale: tf.Tensor): tf.Tensor3D {
  return tf.add(tf.mul(x, tf.add(ofTokens(scale), 1)), ofTokens(shift));
}

/** x + gate · way, the gate a vector a sample. */
export function addGated(x: tf.Tensor3D, gate: tf.Tensor, way: tf.Tensor3D): tf.Tensor3D {
  return tf.add(x, tf.mul(way, ofTokens(gate)));
}
