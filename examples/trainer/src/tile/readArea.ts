import { readFileSync } from 'node:fs';
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon';
import { DataError } from 'diffusion-ssl/errors';

/** Rings of a polygon, the outer one first, each a list of [longitude, latitude]. */
export type PolygonRings = number[][][];

/** Whether a place lies in an area, and the polygons that it is made of. */
export interface Area {
  polygons: PolygonRings[];
  holds(longitude: number, latitude: number): boolean;
}

interface Json {
  type?: unknown;
  crs?: { properties?: { name?: unknown } };
  features?: Json[];
  geometries?: Json[];
  geometry?: Json | null;
  coordinates?: unknown;
}

/**
 * Reads an area from a GeoJSON file: the polygons in it, in longitude and latitude (RFC 7946).
 *
 * @throws If it cannot be read, holds no polygon, or its coordinates are no degrees; the message names the file.
 */
export function readArea(file: string): Area {
  let json: Json;
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch (error) {
    throw new DataError(`${file}: the area cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const crs = json?.crs?.properties?.name;
  if (crs !== undefined && !/(CRS84|EPSG:{1,2}4326)$/.test(String(crs))) {
    throw new DataError(
      `${file}: its coordinates are ${crs}, not longitude and latitude: ` +
        'ogr2ogr -t_srs EPSG:4326 -lco RFC7946=YES out.json in.json',
    );
  }
  const polygons = polygonsOf(json);
  if (polygons.length === 0) throw new DataError(`${file}: it holds no GeoJSON polygon.`);
  for (const point of polygons.flat(2)) {
    const [longitude, latitude] = point;
    if (Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90) continue;
    throw new DataError(`${file}: [${point}] is no longitude and latitude in degrees, as GeoJSON has them.`);
  }
  const holds = (longitude: number, latitude: number) =>
    polygons.some((coordinates) =>
      booleanPointInPolygon([longitude, latitude], { type: 'Polygon', coordinates }),
    );
  return { polygons, holds };
}

function polygonsOf(json: Json | null): PolygonRings[] {
  if (json?.type === 'Polygon') return [json.coordinates as PolygonRings];
  if (json?.type === 'MultiPolygon') return json.coordinates as PolygonRings[];
  const inner = [json?.geometry ?? null, ...(json?.features ?? []), ...(json?.geometries ?? [])];
  return inner.filter((one) => one !== null).flatMap(polygonsOf);
}
