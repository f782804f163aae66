import type { PixelWindow } from 'diffusion-ssl/data';
import type { Scene } from './openScene.js';
import { projectionBetween } from './projections.js';
import type { TileGrid, TilePlace } from './TileGrid.js';

/** How values between pixels are found. */
export type Resampling = 'bilinear' | 'nearest';

/** The values of a tile, band changing fastest, and a byte a value: 0 where it is missing. */
export interface TilePixels {
  data: Float64Array;
  valid: Uint8Array;
}

/** Scene pixels by which grids that are one may differ from rounding. */
const ALIGNED = 1e-3;

/**
 * What a scene has at the pixels of a tile. Where the scene's pixels lie on the grid they are taken as they are,
 * otherwise those at the centres of the tile's pixels: of the nearest pixel, or between four, of which those that are
 * missing do not count. A value is missing where the scene's pixel at that place is.
 *
 * @returns Nothing where the tile is outside the scene.
 */
export async function sampleTile(
  scene: Scene,
  grid: TileGrid,
  place: TilePlace,
  resampling: Resampling,
): Promise<TilePixels | undefined> {
  const at = scenePositions(scene, grid, place);
  const window = windowAround(at, scene);
  if (!window) return undefined;
  const { data, valid, bands } = await scene.read(window);
  const count = grid.size ** 2;
  const out: TilePixels = {
    data: new Float64Array(count * bands),
    valid: new Uint8Array(count * bands),
  };
  /** Where a value of the scene is, or -1 where it is missing. */
  const find = (row: number, column: number, band: number): number => {
    const [r, c] = [row - window.top, column - window.left];
    if (r < 0 || c < 0 || r >= window.height || c >= window.width) return -1;
    const index = (r * window.width + c) * bands + band;
    return (valid?.[index] ?? 1) === 1 && Number.isFinite(data[index]) ? index : -1;
  };
  for (let i = 0; i < count; i++) {
    const [row, column] = [at.rows[i], at.columns[i]];
    for (let band = 0; band < bands; band++) {
      const nearest = find(Math.floor(row), Math.floor(column), band);
      if (nearest < 0) continue;
      out.valid[i * bands + band] = 1;
      out.data[i * bands + band] =
        resampling === 'nearest' || at.aligned
          ? data[nearest]
          : between(row - 0.5, column - 0.5, (r, c) => find(r, c, band), data);
    }
  }
  return out;
}

/** The mean of the four values around a position, weighed by how near they are; missing ones have no weight. */
function between(
  row: number,
  column: number,
  find: (row: number, column: number) => number,
  data: ArrayLike<number>,
): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  let [sum, weights] = [0, 0];
  for (const [r, c, weight] of [
    [top, left, (1 - down) * (1 - right)],
    [top, left + 1, (1 - down) * right],
    [top + 1, left, down * (1 - right)],
    [top + 1, left + 1, down * right],
  ]) {
    const index = weight > 0 ? find(r, c) : -1;
    if (index < 0) continue;
    sum += weight * data[index];
    weights += weight;
  }
  return sum / weights;
}

interface Positions {
  /** Rows and columns of a scene, from the corner of its first pixel on, of each pixel's centre of a tile. */
  rows: Float64Array;
  columns: Float64Array;
  /** The centres lie in those of the scene's pixels. */
  aligned: boolean;
}

function scenePositions({ info }: Scene, grid: TileGrid, place: TilePlace): Positions {
  const { size } = grid;
  const project = projectionBetween(grid.epsg, info.epsg);
  const [width, , left, , height, top] = grid.transformOf(place);
  const [a, b, c, d, e, f] = info.transform;
  const determinant = a * e - b * d;
  const rows = new Float64Array(size ** 2);
  const columns = new Float64Array(size ** 2);
  let aligned = info.epsg === grid.epsg;
  for (let i = 0; i < size ** 2; i++) {
    const [x, y] = project(left + ((i % size) + 0.5) * width, top + (Math.floor(i / size) + 0.5) * height);
    const [u, v] = [x - c, y - f];
    columns[i] = (e * u - b * v) / determinant;
    rows[i] = (a * v - d * u) / determinant;
    const off = (value: number) => Math.abs(value - Math.floor(value) - 0.5);
    if (off(rows[i]) > ALIGNED || off(columns[i]) > ALIGNED) aligned = false;
  }
  return { rows, columns, aligned };
}

/** The part of a scene that holds positions and the pixels around them. */
function windowAround({ rows, columns }: Positions, { info }: Scene): PixelWindow | undefined {
  const range = (values: Float64Array, length: number) => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      if (!(value >= -1 && value <= length + 1)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    return [Math.max(0, Math.floor(least) - 1), Math.min(length, Math.floor(most) + 2)];
  };
  const [top, bottom] = range(rows, info.height);
  const [left, right] = range(columns, info.width);
  if (!(top < bottom && left < right)) return undefined;
  return { top, left, height: bottom - top, width: right - left };
}
