import type { AffineTransform } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { gridOf } from '../tile/gridOf.js';
import type { Scene } from '../tile/openScene.js';
import { LON_LAT, projectionBetween } from '../tile/projections.js';
import type { Area } from '../tile/readArea.js';

/** Over so many times the pixels of the scenes the rectangle around them is hardly meant. */
const APART = 20;

/** Where the pixels of a composite lie. */
export interface CompositeGrid {
  epsg: number;
  transform: AffineTransform;
  width: number;
  height: number;
}

/**
 * The pixels of the first scene, or others, as far as all scenes and an area reach.
 *
 * @throws If the resolution has to be given, or the area and the scenes have nothing in common.
 */
export function compositeGrid(
  scenes: readonly Scene[],
  options: { epsg?: number; resolution?: number; area?: Area },
): CompositeGrid {
  const grid = gridOf(scenes[0], { ...options, size: 1 });
  const rectangles = scenes.map(({ info }) => grid.rangeOf(info));
  let [top, left] = [
    Math.min(...rectangles.map((one) => one.top)),
    Math.min(...rectangles.map((one) => one.left)),
  ];
  let bottom = Math.max(...rectangles.map((one) => one.bottom));
  let right = Math.max(...rectangles.map((one) => one.right));
  const covered = rectangles.reduce((sum, one) => sum + (one.bottom - one.top) * (one.right - one.left), 0);
  if (!options.area && (bottom - top) * (right - left) > APART * covered) {
    throw new DataError(
      `The scenes lie far apart: the rectangle around them has ${bottom - top} × ${right - left} pixels. Make a ` +
        'composite of each place, or name a part by --area.',
    );
  }
  if (options.area) {
    const project = projectionBetween(LON_LAT, grid.epsg);
    const places = options.area.polygons.flat(2).map(([lon, lat]) => grid.placeOf(...project(lon, lat)));
    const [rows, columns] = [places.map(([row]) => row), places.map(([, column]) => column)];
    top = Math.max(top, Math.floor(Math.min(...rows)));
    bottom = Math.min(bottom, Math.ceil(Math.max(...rows)));
    left = Math.max(left, Math.floor(Math.min(...columns)));
    right = Math.min(right, Math.ceil(Math.max(...columns)));
    if (!(top < bottom && left < right)) throw new DataError('No scene reaches into the area.');
  }
  return {
    epsg: grid.epsg,
    transform: grid.transformOf({ row: top, column: left }),
    width: right - left,
    height: bottom - top,
  };
}
