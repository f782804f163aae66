import type { GeoTiff } from 'diffusion-ssl/data';

/** Beyond it lies what programs fill missing pixels with. */
const MAX_VALUE = 1e30;

/** Throws where an image has values that no sensor measures; the message says what to do. */
export function checkValues(name: string, { data, valid }: Pick<GeoTiff, 'data' | 'valid'>): void {
  const extreme = data.find(
    (value, i) => Number.isFinite(value) && Math.abs(value) > MAX_VALUE && valid?.[i] !== 0,
  );
  if (extreme !== undefined) {
    throw new Error(
      `${name} holds the value ${extreme.toPrecision(3)}, which no sensor measures: ` +
        'it marks missing pixels, and the file does not say so. ' +
        `Say so by gdal_edit.py -a_nodata ${extreme} ${name}.`,
    );
  }
}
