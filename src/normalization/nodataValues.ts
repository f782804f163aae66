import { argumentError } from '../internal/checks.js';

/** Values that mark missing pixels: of every band, or a list of them for each band. */
export type NodataValues = readonly number[] | readonly (readonly number[])[];

/** Whether there is a list for each band. */
export function isPerBand(nodata: NodataValues): nodata is readonly (readonly number[])[] {
  return typeof nodata[0] === 'object';
}

/** Throws unless the values are of every band, or there are as many lists as bands. */
export function checkNodata(caller: string, nodata: NodataValues, bands: number): void {
  if (isPerBand(nodata) && nodata.length !== bands)
    throw argumentError(
      `${caller}: nodata.length`,
      nodata.length,
      `${bands}, a list of values for each band`,
    );
}
