/** What a part of `npm run test:hostile` is given. */
export interface HostileOptions {
  /** The interpreter that has rasterio. */
  python: string;
  seed: number;
  /** Inputs, about. */
  count: number;
  /** The only input to try. */
  only?: string;
  /** A folder of the part's own, which exists. */
  folder: string;
}

/** A part of `npm run test:hostile`: prints what it counts and returns what is wrong. */
export type HostilePart = (options: HostileOptions) => Promise<string[]>;
