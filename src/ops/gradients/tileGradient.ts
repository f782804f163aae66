import * as tf from '@tensorflow/tfjs-core';

/** The sum over all repetitions, for each axis taken apart into how often and what is repeated. */
export const tileGradient: tf.GradFunc = (dy, saved, attributes) => {
  const [x] = saved as tf.Tensor[];
  const reps = attributes.reps as number[];
  // Neighbours that are repeated as little, or as wholly, are one axis: few axes are quicker, and tfjs has at most six.
  const sides: number[] = [];
  const repeated: number[] = [];
  const add = (size: number, isRepeated: boolean) => {
    if (size === 1) return;
    const last = sides.length - 1;
    if (sides.length > 0 && repeated.includes(last) === isRepeated) sides[last] *= size;
    else {
      if (isRepeated) repeated.push(sides.length);
      sides.push(size);
    }
  };
  for (const [axis, times] of reps.entries()) {
    add(times, true);
    add(x.shape[axis], false);
  }
  return { x: () => tf.reshape(tf.sum(tf.reshape(dy as tf.Tensor, sides), repeated), x.shape) };
};
