import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

/** The only input of a layer: tfjs-layers hands it over alone or in a list. */
export function singleInput(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0] : inputs;
}

/** Whether the layer is called in training mode. */
export function isTraining(kwargs: Record<string, unknown>): boolean {
  return kwargs.training === true;
}

/** Whether dropout acts: in training, and where it is asked for outside of it (Monte-Carlo dropout). */
export function isDropping(kwargs: Record<string, unknown>): boolean {
  return isTraining(kwargs) || kwargs.dropout === true;
}

/** A shape with another number of channels, and height and width times a factor. */
export function channelsLast([batch, height, width]: tfl.Shape, channels: number, factor = 1): tfl.Shape {
  const scale = (side: number | null) => (side === null ? null : side * factor);
  return [batch, scale(height), scale(width), channels];
}
