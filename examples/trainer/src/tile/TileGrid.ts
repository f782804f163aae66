import type { AffineTransform } from 'diffusion-ssl/data';
import { type Projection, projectionBetween } from './projections.js';

/** Place of a tile on the grid; the first row is in the north. */
export interface TilePlace {
  row: number;
  column: number;
}

/** Points along each side of a raster by which its outline is found in another system. */
const OUTLINE = 32;

/** One grid of square tiles, north up, for all scenes. */
export class TileGrid {
  /**
   * @param epsg Its coordinate system.
   * @param origin Where the corner of tile (0, 0) is, and width and height of a pixel.
   * @param size Pixels of a tile's side.
   */
  constructor(
    readonly epsg: number,
    readonly origin: { x: number; y: number; width: number; height: number },
    readonly size: number,
  ) {}

  /** From pixel corners of a tile to coordinates. */
  transformOf({ row, column }: TilePlace): AffineTransform {
    const { x, y, width, height } = this.origin;
    return [width, 0, x + column * this.size * width, 0, -height, y - row * this.size * height];
  }

  /** Coordinates of a tile's centre. */
  centreOf({ row, column }: TilePlace): [x: number, y: number] {
    const { x, y, width, height } = this.origin;
    return [x + (column + 0.5) * this.size * width, y - (row + 0.5) * this.size * height];
  }

  /** Where a point lies, in tiles from the origin. */
  placeOf(x: number, y: number): [row: number, column: number] {
    const { x: left, y: top, width, height } = this.origin;
    return [(top - y) / (height * this.size), (x - left) / (width * this.size)];
  }

  /** The tiles that may hold pixels of a raster, row by row. */
  tilesOf(raster: Footprint): TilePlace[] {
    const { top, bottom, left, right } = this.rangeOf(raster);
    const tiles: TilePlace[] = [];
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) tiles.push({ row, column });
    }
    return tiles;
  }

  /** The rows and columns of tiles that a raster reaches into; `bottom` and `right` are the first that it does not. */
  rangeOf({
    epsg,
    transform,
    width,
    height,
  }: Footprint): Record<'top' | 'bottom' | 'left' | 'right', number> {
    const project: Projection = projectionBetween(epsg, this.epsg);
    const [a, b, c, d, e, f] = transform;
    const places: [number, number][] = [];
    for (let i = 0; i <= OUTLINE; i++) {
      const share = i / OUTLINE;
      for (const [u, v] of [
        [share * width, 0],
        [share * width, height],
        [0, share * height],
        [width, share * height],
      ]) {
        places.push(this.placeOf(...project(a * u + b * v + c, d * u + e * v + f)));
      }
    }
    const range = (values: number[]) => {
      // A raster that ends on a line of the grid, but for rounding, does not reach beyond it.
      const near = 1e-6 / this.size;
      return [Math.floor(Math.min(...values) + near), Math.ceil(Math.max(...values) - near)];
    };
    const [top, bottom] = range(places.map(([row]) => row));
    const [left, right] = range(places.map(([, column]) => column));
    return { top, bottom, left, right };
  }
}

/** Where a raster lies. */
export interface Footprint {
  epsg: number;
  transform: AffineTransform;
  width: number;
  height: number;
}
