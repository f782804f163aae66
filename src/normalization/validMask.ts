import { isPerBand, type NodataValues } from './nodataValues.js';

/**
 * 1 where a value is present: finite and none of `nodata`, which is compared in float32 as the values are.
 *
 * @param negativeIsMissing Negative values are missing too, as in the eofm-tutorial.
 */
export function validMask(
  data: Float32Array,
  channels: number,
  nodata: NodataValues = [],
  negativeIsMissing = false,
): Uint8Array {
  const valid = new Uint8Array(data.length);
  const lowest = negativeIsMissing ? 0 : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (Number.isFinite(value) && value >= lowest) valid[i] = 1;
  }
  const drop = (values: readonly number[], first: number, step: number) => {
    for (const missing of values.map(Math.fround)) {
      for (let i = first; i < data.length; i += step) if (data[i] === missing) valid[i] = 0;
    }
  };
  if (!isPerBand(nodata)) drop(nodata, 0, 1);
  else for (const [band, values] of nodata.entries()) drop(values, band, channels);
  return valid;
}
