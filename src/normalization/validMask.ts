/**
 * 1 where a value is present: finite and none of `nodata`, which is compared in float32 as the values are.
 *
 * @param negativeIsMissing Negative values are missing too, as in the eofm-tutorial.
 */
export function validMask(
  data: Float32Array,
  nodata: readonly number[] = [],
  negativeIsMissing = false,
): Uint8Array {
  const valid = new Uint8Array(data.length);
  const lowest = negativeIsMissing ? 0 : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (Number.isFinite(value) && value >= lowest) valid[i] = 1;
  }
  for (const missing of nodata.map(Math.fround)) {
    for (let i = 0; i < data.length; i++) if (data[i] === missing) valid[i] = 0;
  }
  return valid;
}
