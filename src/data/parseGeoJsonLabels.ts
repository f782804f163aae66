import { DataError } from '../errors/DataError.js';
import type { LabelNames, LabelShape, LabelShapes } from './LabelShape.js';
import { numberLabels } from './numberLabels.js';

/** Options of {@link parseGeoJsonLabels}. */
export interface GeoJsonLabelOptions extends LabelNames {
  /** Property of a feature that holds its label. Default `'label'`. */
  property?: string;
  /** Name of the file, for messages. Default `'GeoJSON'`. */
  name?: string;
}

type Geometry = { type?: unknown; coordinates?: unknown; geometries?: unknown };

/**
 * Reads labels from GeoJSON: points and polygons, single or multiple, with holes.
 *
 * Coordinates are longitude and latitude (RFC 7946), unless a member `crs` of older files names another EPSG code.
 *
 * @param text A FeatureCollection or a Feature.
 * @throws {DataError} If the text is no such GeoJSON, a geometry is of another kind, or a label is missing; the message
 * names the feature.
 * @example
 * ```ts
 * import { parseGeoJsonLabels } from 'diffusion-ssl/data';
 *
 * const geometry = { type: 'Point', coordinates: [12.5, 41.9] };
 * const feature = { type: 'Feature', geometry, properties: { label: 'urban' } };
 * const { shapes, classes } = parseGeoJsonLabels(JSON.stringify(feature));
 * console.log(shapes[0].lists, classes); // [[[12.5, 41.9]]] and ['urban']
 * ```
 */
export function parseGeoJsonLabels(text: string, options: GeoJsonLabelOptions = {}): LabelShapes {
  const { property = 'label', name = 'GeoJSON', classes } = options;
  let json: { type?: unknown; features?: unknown; crs?: unknown };
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new DataError(`${name}: is no JSON: ${(cause as Error).message}`, { cause });
  }
  const features: unknown =
    json?.type === 'Feature' ? [json] : json?.type === 'FeatureCollection' && json.features;
  if (!Array.isArray(features)) {
    throw new DataError(`${name}: is no GeoJSON of a type 'FeatureCollection' or 'Feature'.`);
  }
  const placed = features.map((feature: { geometry?: Geometry; properties?: Record<string, unknown> }, i) => {
    const place = `${name}, feature ${i}`;
    return { place, geometry: feature?.geometry, value: feature?.properties?.[property] };
  });
  const withGeometry = placed.filter(({ geometry }) => geometry !== null && geometry !== undefined);
  const numbered = numberLabels(
    withGeometry.map(({ value, place }) => ({ value, place: `${place}, property '${property}'` })),
    classes,
  );
  const shapes = withGeometry.flatMap(({ geometry, place }, i) =>
    shapesOf(geometry!, numbered.labels[i], place),
  );
  return { shapes, classes: numbered.classes, epsg: epsgOf(json.crs, name) };
}

function shapesOf(geometry: Geometry, label: number, place: string): LabelShape[] {
  const { type, coordinates } = geometry;
  const points = (list: unknown) => {
    if (!Array.isArray(list) || list.length === 0)
      throw new DataError(`${place}: its coordinates are no list.`);
    return list.map((pair) => position(pair, place));
  };
  const area = (rings: unknown): LabelShape => {
    if (!Array.isArray(rings)) throw new DataError(`${place}: its coordinates are no list of rings.`);
    const lists = rings.map(points);
    const short = lists.find((ring) => ring.length < 3);
    if (short || lists.length === 0) throw new DataError(`${place}: a ring has fewer than three corners.`);
    return { label, kind: 'area', lists };
  };
  switch (type) {
    case 'Point':
      return [{ label, kind: 'points', lists: [points([coordinates])] }];
    case 'MultiPoint':
      return [{ label, kind: 'points', lists: [points(coordinates)] }];
    case 'Polygon':
      return [area(coordinates)];
    case 'MultiPolygon':
      if (!Array.isArray(coordinates))
        throw new DataError(`${place}: its coordinates are no list of polygons.`);
      return coordinates.map(area);
    case 'GeometryCollection':
      if (!Array.isArray(geometry.geometries)) throw new DataError(`${place}: it has no geometries.`);
      return geometry.geometries.flatMap((inner) => shapesOf(inner, label, place));
    default:
      throw new DataError(`${place}: is of the type '${type}'; labels are points and polygons.`);
  }
}

function position(pair: unknown, place: string): [number, number] {
  const [x, y] = Array.isArray(pair) ? pair : [];
  if (!Number.isFinite(x) || !Number.isFinite(y)) {
    throw new DataError(`${place}: ${JSON.stringify(pair)} is no position [x, y].`);
  }
  return [x, y];
}

/** The system that an older file names: `urn:ogc:def:crs:EPSG::32633`, `EPSG:32633`, or CRS84. */
function epsgOf(crs: unknown, name: string): number {
  if (crs === undefined || crs === null) return 4326;
  const text = (crs as { properties?: { name?: unknown } }).properties?.name;
  if (typeof text === 'string' && /CRS84$/.test(text)) return 4326;
  const code = typeof text === 'string' ? /EPSG:{1,2}(?:[\d.]*:)?(\d+)$/i.exec(text)?.[1] : undefined;
  if (code === undefined) throw new DataError(`${name}: its crs ${JSON.stringify(crs)} names no EPSG code.`);
  return Number(code);
}
