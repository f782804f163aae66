import type { GeoTiff, GeoTiffInfo, PixelWindow } from 'diffusion-ssl/data';
import type { SceneSource } from 'diffusion-ssl/maps';
import type { Scene } from '../tile/openScene.js';
import { type Resampling, sampleTile } from '../tile/sampleTile.js';
import { TileGrid } from '../tile/TileGrid.js';
import type { CompositeGrid } from './compositeGrid.js';
import type { SarUnits } from './sarUnits.js';
import type { Season } from './seasons.js';

/** A scene of a season, as `openSarScene` opens it. */
export interface SeasonScene {
  season: Season;
  scene: Scene;
}

/** How means are made. */
export interface SeasonalMeansOptions {
  seasons: readonly Season[];
  /** What the scenes' values are. */
  units: SarUnits;
  resampling: Resampling;
  grid: CompositeGrid;
  /** Told how many pixels of a window, but for those of windows before, have a value in each season. */
  onCounts(counts: readonly number[]): void;
}

/**
 * The means of the seasons as a scene: of each season VV, VH and their difference, in decibels. A pixel of which a
 * season has no value is missing. Windows are to be read row by row.
 */
export function seasonalMeans(scenes: readonly SeasonScene[], options: SeasonalMeansOptions): SceneSource {
  const { seasons, units, resampling, onCounts } = options;
  const { width, height, epsg, transform } = options.grid;
  const bands = 3 * seasons.length;
  const info: GeoTiffInfo = {
    ...{ width, height, bands, epsg, transform, dtype: 'float32', nodata: Number.NaN },
    ...{ crsKind: scenes[0].scene.info.crsKind, alphaBand: null, scales: null, offsets: null },
    bandNames: bandNamesOf(seasons),
  };
  /** The row of windows that is read: where the one before ends, and where its own last window ends. */
  const seen = { top: 0, above: 0, bottom: 0, right: 0 };
  const read = async (window: PixelWindow): Promise<GeoTiff> => {
    if (window.top !== seen.top) Object.assign(seen, { top: window.top, above: seen.bottom, right: 0 });
    const [firstRow, firstColumn] = [seen.above - window.top, seen.right - window.left];
    Object.assign(seen, { bottom: window.top + window.height, right: window.left + window.width });
    const isNew = (i: number) => Math.floor(i / window.width) >= firstRow && i % window.width >= firstColumn;
    const pixels = window.height * window.width;
    const data = new Float32Array(pixels * bands).fill(Number.NaN);
    const valid = new Uint8Array(pixels * bands).fill(1);
    const counts: number[] = [];
    for (const [s, season] of seasons.entries()) {
      const own = scenes.filter((one) => one.season === season).map(({ scene }) => scene);
      const { sums, count } = await sumsOf(own, window);
      counts.push(count.reduce((all, one, i) => all + Number(one > 0 && isNew(i)), 0));
      for (let i = 0; i < pixels; i++) {
        if (count[i] === 0) valid.fill(0, i * bands, (i + 1) * bands);
        const [vv, vh] = [0, 1].map((k) => sums[2 * i + k] / count[i]).map(toDecibels);
        data.set([vv, vh, vv - vh], i * bands + 3 * s);
      }
    }
    onCounts(counts);
    return { ...info, height: window.height, width: window.width, data, valid };
  };
  const toDecibels = (mean: number) => (units === 'db' ? mean : 10 * Math.log10(mean));
  const sumsOf = async (own: readonly Scene[], window: PixelWindow) => {
    const { top, left, height, width } = window;
    const size = Math.max(height, width);
    const [a, , c, , e, f] = transform;
    const tile = new TileGrid(epsg, { x: c + left * a, y: f + top * e, width: a, height: -e }, size);
    const sums = new Float64Array(2 * height * width);
    const count = new Uint32Array(height * width);
    for (const scene of own) {
      const part = await sampleTile(scene, tile, { row: 0, column: 0 }, resampling);
      if (!part) continue;
      for (let i = 0; i < count.length; i++) {
        const from = Math.floor(i / width) * size + (i % width);
        if (part.valid[2 * from] === 0) continue;
        count[i]++;
        for (const k of [0, 1]) sums[2 * i + k] += part.data[2 * from + k];
      }
    }
    return { sums, count };
  };
  return { info, read };
}

/** Such as `VV_DJF`, `VH_DJF`, `VV-VH_DJF`. */
export function bandNamesOf(seasons: readonly Season[]): string[] {
  return seasons.flatMap((season) => ['VV', 'VH', 'VV-VH'].map((what) => `${what}_${season}`));
}
