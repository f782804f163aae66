import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import { buildFolder } from '../data/buildFolder.js';
import { svgToPng } from '../pictures/svgToPng.js';
import { turn } from '../stopping/turn.js';
import { assignSplits } from './assignSplits.js';
import { checkScenes } from './checkScenes.js';
import { gridOf } from './gridOf.js';
import { openScene, type Scene } from './openScene.js';
import { LON_LAT, projectionBetween } from './projections.js';
import { type Area, readArea } from './readArea.js';
import { splitMap } from './splitMap.js';
import type { TileGrid, TilePlace } from './TileGrid.js';
import type { TileOptions } from './TileOptions.js';
import { encodeTile, readTile, type TileSource } from './tilePixels.js';

/** A tile that was written. */
export interface MadeTile extends TilePlace {
  name: string;
  longitude: number;
  latitude: number;
}

/** What became of the tiles of a grid. */
export interface TileCounts {
  written: number;
  /** Left out because too much of the image or the label is missing, or because some is and no value marks it. */
  missing: number;
  unmarked: number;
  /** Written tiles by split. */
  splits: Record<string, number>;
}

/** Bytes of decoded blocks kept, all scenes that are open together. */
const CACHE = 2 ** 28;

/**
 * Cuts scenes into tiles on one grid, and writes them with a catalog, its split by place and a map of it into a new
 * folder, which is there whole or not at all.
 *
 * @throws If a raster cannot be read or does not say where it is, the scenes do not go together, no tile is left, or
 * the folder holds something.
 */
export async function makeTiles(options: TileOptions, signal?: AbortSignal): Promise<TileCounts> {
  const { out } = options;
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new ConfigError(`${out} holds something already: choose another folder by --out.`);
  }
  return buildFolder(path.resolve(out), {
    built: () => undefined,
    build: (folder) => buildTiles(folder, options, signal),
    onWait: (text) => console.log(text),
    signal,
  });
}

async function buildTiles(folder: string, options: TileOptions, signal?: AbortSignal): Promise<TileCounts> {
  const { scenes: images, labels: labelImages, mosaic } = options;
  const open: Scene[] = [];
  try {
    const cache = Math.floor(CACHE / (images.length + labelImages.length));
    for (const image of images) open.push(await openScene(image, cache, options.inputBands));
    for (const image of labelImages) open.push(await openScene(image, cache));
    const scenes = open.slice(0, images.length);
    const labels = open.slice(images.length);
    checkScenes(scenes, labels);
    const grid = gridOf(scenes[0], options);
    const area = options.area === undefined ? undefined : readArea(options.area);
    const label = labels.length > 0 ? sourceOf(labels, 'nearest', options.labelNodata) : undefined;
    for (const name of label ? ['images', 'labels'] : ['images']) {
      mkdirSync(path.join(folder, name), { recursive: true });
    }
    const counts: TileCounts = { written: 0, missing: 0, unmarked: 0, splits: {} };
    const made: MadeTile[] = [];
    for (const group of mosaic ? [scenes] : scenes.map((scene) => [scene])) {
      const image = sourceOf(group, options.resampling, options.nodata ?? scenes[0].info.nodata ?? undefined);
      const stem = scenes.length > 1 && !mosaic ? `${stemOf(group[0], scenes)}_` : '';
      for (const place of placesOf(group, grid, area)) {
        const name = `${stem}r${place.row}_c${place.column}.tif`;
        const kept = await writeTile(folder, { ...place, name }, { image, label, grid, counts, options });
        if (kept) made.push(withCentre({ ...place, name }, grid));
        await turn(signal);
      }
    }
    if (made.length === 0) {
      const outside = area ? ', others lie outside of the area' : '';
      throw new DataError(
        `no tile is left: ${counts.missing} miss more than --max-missing ${options.maxMissing}, ` +
          `${counts.unmarked} miss pixels that no value marks (--nodata)${outside}.`,
      );
    }
    const splits = assignSplits(made, options.split);
    writeCatalog(folder, made, splits, label !== undefined);
    const svg = splitMap(made, splits, grid, area);
    writeFileSync(path.join(folder, 'map.svg'), svg);
    writeFileSync(path.join(folder, 'map.png'), await svgToPng(svg));
    for (const split of splits) counts.splits[split] = (counts.splits[split] ?? 0) + 1;
    return counts;
  } finally {
    for (const scene of open) scene.close();
  }
}

interface Making {
  image: TileSource;
  label: TileSource | undefined;
  grid: TileGrid;
  counts: TileCounts;
  options: TileOptions;
}

/** Writes image and label of a tile, unless too much of one is missing. */
async function writeTile(
  folder: string,
  tile: TilePlace & { name: string },
  { image, label, grid, counts, options: { maxMissing } }: Making,
): Promise<boolean> {
  const files: [file: string, bytes: Uint8Array][] = [];
  for (const [kind, source] of [
    ['images', image],
    ['labels', label],
  ] as const) {
    if (!source) continue;
    const pixels = await readTile(source, grid, tile);
    const missing = pixels?.missing ?? 1;
    // A tile that no scene reaches is none; one without a label is one that misses it.
    if (!pixels && kind === 'images') return false;
    if (!pixels || missing > maxMissing || missing === 1) {
      counts.missing++;
      return false;
    }
    if (missing > 0 && source.nodata === undefined) {
      counts.unmarked++;
      return false;
    }
    files.push([path.join(folder, kind, tile.name), encodeTile(pixels, source, grid, tile)]);
  }
  for (const [file, bytes] of files) writeFileSync(file, bytes);
  counts.written++;
  return true;
}

function sourceOf(
  scenes: readonly Scene[],
  resampling: TileSource['resampling'],
  given?: number,
): TileSource {
  const { nodata, dtype } = scenes[0].info;
  const marked = given ?? nodata ?? (dtype.startsWith('float') ? Number.NaN : undefined);
  return { scenes, resampling, nodata: marked };
}

/** The tiles of some rasters, each once, row by row, whose centre lies in the area. */
function placesOf(scenes: readonly Scene[], grid: TileGrid, area: Area | undefined): TilePlace[] {
  const places = new Map<string, TilePlace>();
  for (const { info } of scenes) {
    for (const place of grid.tilesOf(info)) places.set(`${place.row} ${place.column}`, place);
  }
  const toDegrees = projectionBetween(grid.epsg, LON_LAT);
  return [...places.values()]
    .filter((place) => area?.holds(...toDegrees(...grid.centreOf(place))) ?? true)
    .sort((a, b) => a.row - b.row || a.column - b.column);
}

function withCentre(tile: TilePlace & { name: string }, grid: TileGrid): MadeTile {
  const [longitude, latitude] = projectionBetween(grid.epsg, LON_LAT)(...grid.centreOf(tile));
  return { ...tile, longitude, latitude };
}

/** A scene's file without folder and ending; with its number where another one has the same. */
function stemOf(scene: Scene, scenes: readonly Scene[]): string {
  const stem = ({ name }: Scene) => path.basename(name.split('?')[0]).replace(/\.[^.]*$/, '');
  const own = stem(scene).replaceAll(/[^\w.-]/g, '_');
  return scenes.some((other) => other !== scene && stem(other) === stem(scene))
    ? `${own}-${scenes.indexOf(scene) + 1}`
    : own;
}

function writeCatalog(
  folder: string,
  tiles: readonly MadeTile[],
  splits: readonly string[],
  hasLabels: boolean,
): void {
  const lines = tiles.map(({ name, row, column, longitude, latitude }, i) => {
    const images = hasLabels ? `images/${name},labels/${name}` : `images/${name}`;
    return `${images},${splits[i]},${longitude.toFixed(7)},${latitude.toFixed(7)},${row},${column}`;
  });
  const header = `image,${hasLabels ? 'label,' : ''}usage,lon,lat,row,column`;
  writeFileSync(path.join(folder, 'catalog.csv'), `${[header, ...lines].join('\n')}\n`);
}
