import * as tf from '@tensorflow/tfjs-core';

/** Says where values that are not finite come from: the crops, the teacher, or else the student. */
export async function nameNonFinite(crops: readonly tf.Tensor4D[], teacher: tf.Tensor): Promise<string> {
  for (const [i, crop] of crops.entries()) {
    if (!(await allFinite(crop)))
      return `Crop ${i + 1} of ${crops.length} has values that are not finite: look at the chips of this batch.`;
  }
  if (!(await allFinite(teacher)))
    return "The teacher's outputs are not finite: its weights are spoilt; go back to an earlier checkpoint.";
  return (
    "Crops and the teacher's outputs are finite, so it is the student: lower the learning rate, clip gradients more, " +
    'or raise the temperatures.'
  );
}

async function allFinite(tensor: tf.Tensor): Promise<boolean> {
  const all = tf.tidy(() => tf.all(tf.isFinite(tensor)));
  const [value] = await all.data();
  all.dispose();
  return value !== 0;
}
