import { encodeGeoTiff, type PixelArray, type PixelType } from 'diffusion-ssl/data';
import type { Scene } from './openScene.js';
import { type Resampling, sampleTile, type TilePixels } from './sampleTile.js';
import type { TileGrid, TilePlace } from './TileGrid.js';

const ARRAYS: Record<PixelType, new (length: number) => PixelArray> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** How tiles are made of rasters that go together. */
export interface TileSource {
  /** The first one that has a value gives it. */
  scenes: readonly Scene[];
  resampling: Resampling;
  /** What missing values become; undefined: there may be none. */
  nodata: number | undefined;
}

/** A tile's values, and the share of its pixels of which a band is missing. */
export interface Tile extends TilePixels {
  missing: number;
}

/** A tile of rasters, or nothing where they do not reach. */
export async function readTile(
  { scenes, resampling }: TileSource,
  grid: TileGrid,
  place: TilePlace,
): Promise<Tile | undefined> {
  let tile: TilePixels | undefined;
  for (const scene of scenes) {
    if (tile && !tile.valid.includes(0)) break;
    const part = await sampleTile(scene, grid, place, resampling);
    if (!tile) tile = part;
    else if (part) fill(tile, part);
  }
  if (!tile) return undefined;
  const pixels = grid.size ** 2;
  const bands = tile.valid.length / pixels;
  let missing = 0;
  for (let i = 0; i < pixels; i++) {
    if (tile.valid.subarray(i * bands, (i + 1) * bands).includes(0)) missing++;
  }
  return { ...tile, missing: missing / pixels };
}

function fill(tile: TilePixels, part: TilePixels): void {
  for (let i = 0; i < tile.data.length; i++) {
    if (tile.valid[i] === 1 || part.valid[i] === 0) continue;
    tile.data[i] = part.data[i];
    tile.valid[i] = 1;
  }
}

/** A tile as a GeoTIFF of its rasters' type, integers rounded. */
export function encodeTile(
  { data, valid }: Tile,
  { scenes: [{ info }], nodata }: TileSource,
  grid: TileGrid,
  place: TilePlace,
): Uint8Array {
  const values = new ARRAYS[info.dtype](data.length);
  const isInteger = !info.dtype.startsWith('float');
  for (let i = 0; i < data.length; i++) {
    const value = valid[i] === 1 ? data[i] : (nodata as number);
    values[i] = isInteger ? Math.round(value) : value;
  }
  const side = { width: grid.size, height: grid.size, bands: info.bands };
  return encodeGeoTiff({
    ...side,
    data: values,
    nodata,
    bandNames: info.bandNames,
    epsg: grid.epsg,
    transform: grid.transformOf(place),
  });
}
