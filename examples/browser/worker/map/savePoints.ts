import type { Labels, SavedFiles } from '../../shared/mapTypes.js';
import { placeOf, placesOf, projection } from './places.js';
import type { Scene, SceneImage } from './Scene.js';

/** Of degrees the ninth digit is a tenth of a millimetre. */
const DIGITS = 9;

const SAID = {
  lonlat: 'longitude and latitude (WGS 84), as RFC 7946 has them',
  pixels: 'column and row in pixels of the image, from its top left corner',
};

/** Points as GeoJSON: longitude and latitude, else the scene's own system, else pixels; the file says which. */
export async function savePoints(scene: Scene, { classes, points }: Labels): Promise<SavedFiles> {
  const kind = placesOf(scene.images);
  const [{ info }] = scene.images;
  const place =
    kind === 'pixels'
      ? ({ coarser }: SceneImage, column: number, row: number) => [
          (column + 0.5) * coarser,
          (row + 0.5) * coarser,
        ]
      : await onGround(scene, kind === 'lonlat' ? 4326 : info.epsg!);
  const features = points.map(({ x, y, label }) => {
    const { image, column, row } = scene.find(x, y)!;
    const coordinates = place(image, column, row).map((value) => Number(value.toFixed(DIGITS)));
    return {
      type: 'Feature',
      geometry: { type: 'Point', coordinates },
      properties: { label: classes[label].name, colour: classes[label].colour, image: image.name },
    };
  });
  const collection = {
    type: 'FeatureCollection',
    ...(kind === 'crs' && {
      crs: { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${info.epsg}` } },
    }),
    diffusion_ssl: {
      coordinates: kind === 'crs' ? `those of EPSG:${info.epsg}` : SAID[kind],
      ...(kind === 'pixels' && { pixels: true }),
      classes,
      images: scene.images.map(({ name, fileWidth: width, fileHeight: height }) => ({ name, width, height })),
    },
    features,
  };
  const file = new Blob([JSON.stringify(collection, null, 1)], { type: 'application/geo+json' });
  return { files: [{ name: 'points.geojson', file }], remark: remarkOf(kind, info.epsg) };
}

function remarkOf(kind: ReturnType<typeof placesOf>, epsg: number | null): string | undefined {
  if (kind === 'crs')
    return (
      `The points are in the scene's own system, EPSG:${epsg}, which the file names: the page knows no way ` +
      'to longitude and latitude.'
    );
  if (kind === 'pixels')
    return 'The points are in pixels, column and row, which the file says: the scene has no georeference of its own.';
  return undefined;
}

async function onGround(
  { images }: Scene,
  epsg: number,
): Promise<(image: SceneImage, column: number, row: number) => [number, number]> {
  const ways = new Map(
    await Promise.all(
      images.map(async ({ info }) => [info.epsg, await projection(info.epsg!, epsg, 'The scene')] as const),
    ),
  );
  return ({ info }, column, row) => ways.get(info.epsg)!(placeOf(info.transform!, column, row));
}
