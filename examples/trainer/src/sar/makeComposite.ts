import { existsSync } from 'node:fs';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import { mapScene } from 'diffusion-ssl/maps';
import { mapFile } from 'diffusion-ssl/maps/node';
import { createCounter } from '../console/counter.js';
import { turn } from '../stopping/turn.js';
import { readArea } from '../tile/readArea.js';
import type { Resampling } from '../tile/sampleTile.js';
import { compositeGrid } from './compositeGrid.js';
import { openSarScene, type SarReading } from './openSarScene.js';
import type { SarFiles } from './SarFiles.js';
import type { SarUnits } from './sarUnits.js';
import { bandNamesOf, type SeasonScene, seasonalMeans } from './seasonalMeans.js';
import { SEASONS, type Season, seasonOf } from './seasons.js';

/** How a composite is made. */
export interface CompositeOptions extends Omit<SarReading, 'as' | 'cacheBytes'> {
  /** GeoTIFF that is written. */
  out: string;
  seasons: readonly Season[];
  /** In what unit means are taken; they are written in decibels. */
  average: SarUnits;
  /** First and last date that count. */
  from?: string;
  to?: string;
  epsg?: number;
  resolution?: number;
  /** GeoJSON file: the composite is no larger than the rectangle around it. */
  area?: string;
  resampling: Resampling;
}

/** What a season is made of. */
export interface SeasonPart {
  season: Season;
  scenes: number;
  /** Share of the composite's pixels that have a value in it. */
  coverage: number;
}

/** What was made. */
export interface Composite {
  width: number;
  height: number;
  bands: string[];
  parts: SeasonPart[];
  /** Scenes by what their values are. */
  units: Record<SarUnits, number>;
}

/** Bytes of decoded blocks kept, all scenes together. */
const CACHE = 2 ** 28;
/** Side of the windows that are computed at a time. */
const WINDOW = 256;

/**
 * Makes the means of the seasons of dated scenes, as one GeoTIFF that is there whole or not at all.
 *
 * @throws If a season has no scene, a scene cannot be read, or the file is there already.
 */
export async function makeComposite(
  files: readonly SarFiles[],
  options: CompositeOptions,
  signal?: AbortSignal,
): Promise<Composite> {
  const { out, average, seasons, from = '', to = '9999-12-31' } = options;
  if (existsSync(out)) throw new ConfigError(`${out} is there already: choose another file by --out.`);
  // Dates compare as texts.
  const chosen = files.filter(({ date }) => date >= from && date <= to);
  const inSeasons = chosen.filter(({ date }) => seasons.includes(seasonOf(date)));
  checkSeasons(inSeasons, seasons);
  const open: SeasonScene[] = [];
  const units: Record<SarUnits, number> = { db: 0, linear: 0 };
  try {
    const cacheBytes = Math.floor(CACHE / inSeasons.length);
    for (const one of inSeasons) {
      const scene = await openSarScene(one, { ...options, as: average, cacheBytes });
      open.push({ season: seasonOf(one.date), scene });
      units[scene.units]++;
      await turn(signal);
    }
    const area = options.area === undefined ? undefined : readArea(options.area);
    const { epsg, resolution, resampling } = options;
    const grid = compositeGrid(
      open.map(({ scene }) => scene),
      { epsg, resolution, area },
    );
    const counts = seasons.map(() => 0);
    const source = seasonalMeans(open, {
      ...{ seasons, units: average, resampling, grid },
      onCounts: (own) => {
        for (const [s, count] of own.entries()) counts[s] += count;
      },
    });
    let counter: ReturnType<typeof createCounter> | undefined;
    const bands = bandNamesOf(seasons);
    await mapScene(source, ({ raster }) => ({ probabilities: raster.data }), {
      ...{ classes: bands, window: WINDOW, overlap: 0, stride: 16, reach: 0, signal },
      outputs: { probabilities: mapFile(out) },
      onProgress: ({ done, total }) => {
        counter ??= createCounter('windows', total);
        counter.update(done);
      },
    });
    counter?.close();
    const pixels = grid.width * grid.height;
    const parts = seasons.map((season, s) => ({
      season,
      scenes: open.filter((one) => one.season === season).length,
      coverage: counts[s] / pixels,
    }));
    return { width: grid.width, height: grid.height, bands, parts, units };
  } finally {
    for (const { scene } of open) scene.close();
  }
}

function checkSeasons(files: readonly SarFiles[], seasons: readonly Season[]): void {
  const none = seasons.filter((season) => files.every(({ date }) => seasonOf(date) !== season));
  if (none.length === 0) return;
  const found = SEASONS.map((season) => {
    const own = files.filter(({ date }) => seasonOf(date) === season);
    return `${season} ${own.length}`;
  });
  throw new DataError(
    `No scene of ${none.join(', ')}; found: ${found.join(', ')}. Add some, widen --from and --to, or choose --seasons.`,
  );
}
