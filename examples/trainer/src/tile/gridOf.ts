import { ConfigError } from 'diffusion-ssl/errors';
import type { Scene } from './openScene.js';
import { projectionBetween } from './projections.js';
import { TileGrid } from './TileGrid.js';
import type { TileOptions } from './TileOptions.js';

/**
 * The grid of tiles: that of the first scene's pixels, so that these are taken as they are, or one of another system or
 * resolution, whose lines are multiples of the pixels' side.
 *
 * @throws If the resolution has to be given.
 */
export function gridOf(
  { name, info }: Scene,
  { epsg = info.epsg, resolution, size }: Pick<TileOptions, 'epsg' | 'resolution' | 'size'>,
): TileGrid {
  const [a, b, c, d, e, f] = info.transform;
  const isUpright = b === 0 && d === 0 && a > 0 && e < 0;
  if (epsg === info.epsg && resolution === undefined && isUpright) {
    return new TileGrid(epsg, { x: c, y: f, width: a, height: -e }, size);
  }
  if (resolution === undefined) {
    throw new ConfigError(
      epsg === info.epsg
        ? `${name} is not north up: give the side of a tile's pixel by --resolution.`
        : `--epsg ${epsg} needs --resolution, the side of a pixel in its units; ${name} has EPSG:${info.epsg}.`,
    );
  }
  const [x, y] = projectionBetween(info.epsg, epsg)(c, f);
  const side = resolution;
  const origin = { x: Math.floor(x / side) * side, y: Math.ceil(y / side) * side, width: side, height: side };
  return new TileGrid(epsg, origin, size);
}
