/** The polarizations that composites are made of, in the order of their bands. */
export const POLARIZATIONS = ['VV', 'VH'] as const;

/** The rasters of a scene of Sentinel-1 and its date, as `2017-06-13`. */
export interface SarFiles {
  /** One with both polarizations, or one of VV and one of VH. */
  images: readonly [both: string] | readonly [vv: string, vh: string];
  date: string;
}
