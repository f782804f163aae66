import { addJoint, emptyJoint, type JointMoments, jointMoments } from './JointMoments.js';
import type { BandValues } from './statistics.js';

/** Moments of the bands of one raster of a chip. */
export interface RasterMoments {
  /** The chip's bands that are the raster's, in its order. */
  bands: number[];
  moments: JointMoments;
}

/** How the bands of chips go together, as far as they lie in one raster. */
export class JointStatistics {
  readonly rasters: RasterMoments[] = [];

  /** Adds a raster whose bands are those of the chip. */
  add(values: BandValues, bands: readonly number[]): void {
    addJoint(this.momentsOf(bands), jointMoments(values));
  }

  /** Adds what another one has gathered. */
  merge(rasters: readonly RasterMoments[]): void {
    for (const { bands, moments } of rasters) addJoint(this.momentsOf(bands), moments);
  }

  /** A row for each of so many bands; 0 between bands that never lay in one raster, and of constant ones. */
  correlation(size: number): number[][] {
    const rows = Array.from({ length: size }, (_, k) =>
      Array.from({ length: size }, (_, j) => Number(j === k)),
    );
    for (const { bands, moments } of this.rasters) {
      const { length } = bands;
      const spread = bands.map((_, k) => Math.sqrt(moments.products[k * length + k]));
      for (const [k, row] of bands.entries()) {
        for (const [j, column] of bands.entries()) {
          const scale = spread[k] * spread[j];
          if (k === j || scale === 0) continue;
          rows[row][column] = Math.min(1, Math.max(-1, moments.products[k * length + j] / scale));
        }
      }
    }
    return rows;
  }

  private momentsOf(bands: readonly number[]): JointMoments {
    let found = this.rasters.find((raster) => String(raster.bands) === String(bands));
    if (!found) {
      found = { bands: [...bands], moments: emptyJoint(bands.length) };
      this.rasters.push(found);
    }
    return found.moments;
  }
}
