import type { AffineTransform, PixelWindow } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import { ConfigError } from 'diffusion-ssl/errors';
import { openLabels } from '../labels/openLabels.js';
import type { ModelScene } from '../model/openModelScene.js';
import { turn } from '../stopping/turn.js';
import { openScene, type Scene } from '../tile/openScene.js';
import { sampleTile } from '../tile/sampleTile.js';
import { TileGrid } from '../tile/TileGrid.js';
import { type HeadCorrelation, HeadCorrelations } from './HeadCorrelations.js';
import { headNames } from './headNames.js';

/** What a map of attention is correlated with, besides the bands of its scene. */
export interface CorrelationOptions {
  heads: number;
  /** Names of the scene's bands. */
  bands: readonly string[];
  /** A raster of classes, or points and polygons. */
  labels?: string;
  classes?: readonly string[];
  property?: string;
  ignoreIndex: number;
  /** Rasters of anything, wherever they lie. */
  rasters: readonly string[];
  signal?: AbortSignal;
}

/** Side of what is read at a time. */
const SIDE = 256;

/**
 * How the map of each head goes with the bands of its scene, with each class and with other rasters, pixel by pixel.
 *
 * @param file GeoTIFF of `writeAttention`.
 * @throws If one cannot be read, or does not say where it lies.
 */
export async function correlateAttention(
  file: string,
  scene: ModelScene,
  options: CorrelationOptions,
): Promise<HeadCorrelation[]> {
  const map = await openRaster(file);
  const open: Scene[] = [];
  try {
    for (const raster of options.rasters) open.push(await openScene(raster, 2 ** 26));
    const labels = await labelsOf(scene, options);
    const found = new HeadCorrelations(headNames(options.heads));
    const { width, height } = map.info;
    if (open.length > 0) checkPlace(scene);
    const bandsOf = new Map(open.map((raster) => [raster, namesOf(raster, open)]));
    for (const window of windowsOf(width, height)) {
      const maps = (await map.read(window)).data;
      const image = await scene.read(window);
      for (const [band, name] of options.bands.entries())
        found.add(name, maps, bandOf(image, band, image.bands));
      if (labels) found.addClasses(maps, await labels(window));
      for (const raster of open) {
        const values = await valuesOn(raster, scene, window);
        const { bands } = raster.info;
        for (const [band, name] of values ? bandsOf.get(raster)!.entries() : [])
          found.add(name, maps, bandOf(values!, band, bands));
      }
      await turn(options.signal);
    }
    return found.results((label) => options.classes?.[label] ?? `class ${label}`);
  } finally {
    map.close();
    for (const raster of open) raster.close();
  }
}

/** What the bands of a raster are called: no two of all rasters the same. */
function namesOf({ name, info: { bands, bandNames } }: Scene, all: readonly Scene[]): string[] {
  const stemOf = (place: string) => place.split(/[\\/]/).pop()!;
  const isAlone = all.filter((one) => stemOf(one.name) === stemOf(name)).length === 1;
  const file = isAlone ? stemOf(name) : name;
  const names = bandNames ?? [];
  return Array.from({ length: bands }, (_, band) => {
    const own = names[band];
    if (own && names.indexOf(own) === names.lastIndexOf(own)) return `${file}: ${own}`;
    return bands > 1 ? `${file}: band ${band + 1}` : file;
  });
}

function windowsOf(width: number, height: number): PixelWindow[] {
  const windows: PixelWindow[] = [];
  for (let top = 0; top < height; top += SIDE) {
    for (let left = 0; left < width; left += SIDE) {
      windows.push({ top, left, height: Math.min(SIDE, height - top), width: Math.min(SIDE, width - left) });
    }
  }
  return windows;
}

/** A band of interleaved values, NaN where one is missing. */
function bandOf(
  { data, valid }: { data: ArrayLike<number>; valid: Uint8Array | null },
  band: number,
  bands: number,
): Float64Array {
  return Float64Array.from({ length: data.length / bands }, (_, i) => {
    const at = i * bands + band;
    return valid?.[at] === 0 ? Number.NaN : data[at];
  });
}

/** The labels of a window of a scene, if there are any. */
async function labelsOf(
  { name, info }: ModelScene,
  { labels, classes, property, ignoreIndex }: CorrelationOptions,
): Promise<((window: PixelWindow) => Promise<Int32Array>) | undefined> {
  if (labels === undefined) return undefined;
  if (!/\.(tiff?|geojson|json|csv)$/i.test(labels))
    throw new ConfigError(
      `--labels ${labels}: it must be a raster (.tif), or points and polygons (.geojson, .csv).`,
    );
  const source = {
    kind: 'segmentation',
    data: '.',
    catalog: '',
    labels,
    classes,
    property,
    ignoreIndex,
  } as const;
  const opened = await openLabels(source, []);
  return ({ top, left, height, width }) => {
    const [a, b, c, d, e, f] = info.transform ?? [1, 0, 0, 0, 1, 0];
    const transform: AffineTransform = [a, b, c + a * left + b * top, d, e, f + d * left + e * top];
    const grid = { width, height, epsg: info.epsg, transform: info.transform && transform };
    return opened.of({ images: [name], usage: 'test', values: {}, line: 0 }, grid);
  };
}

function checkPlace({ name, info: { epsg, transform } }: ModelScene): void {
  if (epsg !== null && transform !== null && transform[1] === 0 && transform[3] === 0) return;
  throw new ConfigError(`${name} does not say where it lies, north up; --rasters cannot be found on it.`);
}

/** What a raster has at the pixels of a window of a scene; nothing where it does not reach. */
async function valuesOn(
  raster: Scene,
  { info }: ModelScene,
  { top, left, height, width }: PixelWindow,
): Promise<{ data: Float64Array; valid: Uint8Array } | undefined> {
  const [a, , c, , e, f] = info.transform!;
  const size = Math.max(height, width);
  const grid = new TileGrid(info.epsg!, { x: c + a * left, y: f + e * top, width: a, height: -e }, size);
  const tile = await sampleTile(raster, grid, { row: 0, column: 0 }, 'bilinear');
  if (!tile || size === Math.min(height, width)) return tile;
  const { bands } = raster.info;
  const data = new Float64Array(height * width * bands);
  const valid = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    const [from, to] = [row * size * bands, row * width * bands];
    data.set(tile.data.subarray(from, from + width * bands), to);
    valid.set(tile.valid.subarray(from, from + width * bands), to);
  }
  return { data, valid };
}
