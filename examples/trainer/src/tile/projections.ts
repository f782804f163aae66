import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import proj4 from 'proj4';

/** From coordinates of one system to those of another. */
export type Projection = (x: number, y: number) => [x: number, y: number];

/** Longitude and latitude. */
export const LON_LAT = 4326;

/**
 * The way from one coordinate system to another, given by their EPSG codes. proj4 itself knows longitude and latitude,
 * Web Mercator and the UTM zones of WGS 84; others come from the package `epsg-index`.
 *
 * @throws If a code is not known, or its system needs a grid of datum shifts, which is no part of these packages.
 */
export function projectionBetween(from: number, to: number): Projection {
  if (from === to) return (x, y) => [x, y];
  const [source, target] = [nameOf(from), nameOf(to)];
  const { forward } = proj4(source, target);
  return (x, y) => forward([x, y]) as [number, number];
}

/** The name under which proj4 knows a system. */
function nameOf(code: number): string {
  const name = `EPSG:${code}`;
  if (proj4.defs(name) === undefined) proj4.defs(name, definitionOf(code));
  return name;
}

function definitionOf(code: number): string {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('epsg-index/s/3035.json');
  } catch (error) {
    throw new ConfigError(`EPSG:${code} needs a package with definitions: npm install epsg-index`, {
      cause: error,
    });
  }
  let definition: string;
  try {
    const file = readFileSync(require.resolve(`epsg-index/s/${code}.json`), 'utf8');
    definition = (JSON.parse(file) as { proj4: string }).proj4;
  } catch (error) {
    throw new ConfigError(`EPSG:${code} is no coordinate system that the package epsg-index knows.`, {
      cause: error,
    });
  }
  // proj4 would go on without it, by some hundred metres wrong or to no place at all.
  const grid = /\+nadgrids=(?!@null)(\S+)/.exec(definition)?.[1];
  if (grid === undefined) return definition;
  throw new DataError(
    `EPSG:${code} is of a datum that needs the grid ${grid}, which is no part of these packages: ` +
      'bring the rasters to the system of the tiles by gdalwarp -t_srs EPSG:CODE.',
  );
}
