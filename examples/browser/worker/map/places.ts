import type { AffineTransform, GeoTiffInfo } from 'diffusion-ssl/data';
import type { SceneImageInfo, SceneInfo } from '../../shared/mapTypes.js';

/** An image, and how it lies on the ground. */
type PlacedImage = Pick<SceneImageInfo, 'coarser'> & { info: Pick<GeoTiffInfo, 'epsg' | 'transform'> };

/** From coordinates of one system to those of another. */
export type Projection = (place: [number, number]) => [number, number];

/** WGS 84 in degrees, web Mercator, and the zones of UTM: what longitude and latitude are computed for. */
const KNOWN = /^(4326|3857|32[67](0[1-9]|[1-5]\d|60))$/;

/** How the places of points on these images are said in a file. */
export function placesOf(images: readonly PlacedImage[]): SceneInfo['places'] {
  const codes = new Set(images.map(({ info }) => (info.transform ? info.epsg : null)));
  if (codes.has(null)) return 'pixels';
  if ([...codes].every((code) => KNOWN.test(String(code)))) return 'lonlat';
  return codes.size === 1 ? 'crs' : 'pixels';
}

/**
 * Between two systems of coordinates, by their EPSG codes.
 *
 * @throws If they differ, and one is none that the page knows; the message says what to do.
 */
export async function projection(from: number, to: number, name: string): Promise<Projection> {
  if (from === to) return (place) => place;
  if (![from, to].every((code) => KNOWN.test(String(code))))
    throw new Error(
      `${name} is in EPSG:${from}, the scene in EPSG:${to}, and the page does not know both. ` +
        `Convert the points: ogr2ogr -t_srs EPSG:${to} converted.geojson ${name}`,
    );
  const { default: proj4 } = await import('proj4');
  return proj4(`EPSG:${from}`, `EPSG:${to}`).forward;
}

/** From the centre of a pixel to coordinates. */
export function placeOf([a, b, c, d, e, f]: AffineTransform, column: number, row: number): [number, number] {
  const [x, y] = [column + 0.5, row + 0.5];
  return [a * x + b * y + c, d * x + e * y + f];
}
