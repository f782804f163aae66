/** Whether there is neither NaN nor an infinite value. */
export function allFinite(values: Float32Array): boolean {
  // Values of a window and more: a sum, in which both stay, is found faster than each value is asked.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i];
  return sum === 0;
}
