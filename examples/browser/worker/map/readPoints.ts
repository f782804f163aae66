import { type AffineTransform, parseGeoJsonLabels } from 'diffusion-ssl/data';
import type { LabelledPoint, MapClass, ReadLabels } from '../../shared/mapTypes.js';
import { type Fields, isFields } from '../SavedFields.js';
import { projection } from './places.js';
import type { Scene, SceneImage } from './Scene.js';

const MAX_BYTES = 64 * 2 ** 20;
const COLOUR = /^#[0-9a-f]{6}$/i;

type Position = readonly [x: number, y: number];
/** Columns and rows of an image as it is read, in fractions of pixels; undefined where it has no such place. */
type Locate = (image: SceneImage, position: Position) => Position;

/**
 * Points of a GeoJSON file, such as `savePoints` writes, on the scene: by longitude and latitude, by another system
 * that the file names, or by pixels. A class without a colour in the file has the colour ''.
 *
 * @throws If it is no such file, or its coordinates do not lead to the scene.
 */
export async function readPoints(scene: Scene, file: File): Promise<ReadLabels> {
  if (file.size > MAX_BYTES)
    throw new Error(
      `${file.name} has ${(file.size / 1e6).toFixed(0)} MB; the page takes points of up to 64 MB.`,
    );
  const text = await file.text();
  const { shapes, classes: names, epsg } = parseGeoJsonLabels(text, { name: file.name });
  const json = JSON.parse(text.replace(/^\uFEFF/, '')) as Fields;
  const own = isFields(json.diffusion_ssl) ? json.diffusion_ssl : {};
  const isPixels = own.pixels === true;
  const images = isPixels ? ownersOf(json, shapes.length, file.name) : undefined;
  const locate = isPixels ? inPixels(scene, own, file.name) : await onGround(scene, epsg ?? 4326, file.name);

  const used = new Map<number, number>();
  const points: LabelledPoint[] = [];
  let [areas, outside] = [0, 0];
  for (const [i, { kind, label, lists }] of shapes.entries()) {
    if (kind === 'area') {
      areas++;
      continue;
    }
    for (const position of lists.flat()) {
      const place = placeOn(scene, position, { locate, image: images?.[i] });
      if (!place) {
        outside++;
        continue;
      }
      if (!used.has(label)) used.set(label, used.size);
      points.push({ ...place, label: used.get(label)! });
    }
  }
  const classes = [...used.keys()].map((label): MapClass => {
    const name = names?.[label] ?? `class ${label}`;
    return { name, colour: colourOf(own.classes, name) };
  });
  const remarks = [
    outside > 0 && `${outside} of the points of ${file.name} lie outside the scene and are left out.`,
    areas > 0 && `${areas} areas of ${file.name} are left out: the page takes points.`,
    points.length === 0 && outside + areas === 0 && `${file.name} has no points.`,
  ].filter((remark) => remark !== false);
  return { classes, points, remarks };
}

/** Where a position lies on the sheet, in whole pixels. */
function placeOn(
  { images }: Scene,
  position: Position,
  { locate, image: name }: { locate: Locate; image?: string },
): { x: number; y: number } | undefined {
  for (const image of images) {
    if (name !== undefined && images.length > 1 && image.name !== name) continue;
    const [column, row] = locate(image, position).map(Math.floor);
    if (column >= 0 && column < image.width && row >= 0 && row < image.height) {
      return { x: image.left + column, y: image.top + row };
    }
  }
  return undefined;
}

/** The names of the images that the points of a file with pixels belong to. */
function ownersOf(json: Fields, shapes: number, name: string): (string | undefined)[] {
  const features = Array.isArray(json.features) ? json.features.filter((one) => isFields(one?.geometry)) : [];
  if (features.length !== shapes)
    throw new Error(`${name} has coordinates in pixels, and then each feature is one point.`);
  return features.map(({ properties }) => (isFields(properties) ? String(properties.image) : undefined));
}

function inPixels({ images }: Scene, { images: said }: Fields, name: string): Locate {
  const sizes = new Map(
    (Array.isArray(said) ? said : []).filter(isFields).map((image) => [image.name, image] as const),
  );
  // A scene of one image may be a copy under another name.
  for (const image of images) {
    const other =
      sizes.get(image.name) ?? (images.length === 1 && sizes.size === 1 ? [...sizes.values()][0] : undefined);
    if (other && (other.width !== image.fileWidth || other.height !== image.fileHeight))
      throw new Error(
        `${name} has points in pixels of an image of ${other.width} × ${other.height}; ${image.name} has ` +
          `${image.fileWidth} × ${image.fileHeight}. Open the image that they were placed on.`,
      );
  }
  return ({ coarser }, [x, y]) => [x / coarser, y / coarser];
}

async function onGround({ images }: Scene, epsg: number, name: string): Promise<Locate> {
  const bare = images.find(({ info }) => !info.transform || info.epsg === null);
  if (bare)
    throw new Error(
      `${name} has places on the ground, and ${bare.name} does not say where it lies. ` +
        'Open the image as a GeoTIFF with its georeference.',
    );
  const ways = new Map(
    await Promise.all(
      images.map(async ({ info }) => [info.epsg, await projection(epsg, info.epsg!, name)] as const),
    ),
  );
  return ({ info }, [x, y]) => toPixel(info.transform!, ways.get(info.epsg)!([x, y]));
}

function toPixel([a, b, c, d, e, f]: AffineTransform, [x, y]: Position): Position {
  const determinant = a * e - b * d;
  return [(e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant];
}

function colourOf(classes: unknown, name: string): string {
  const own = Array.isArray(classes) ? classes.find((one) => isFields(one) && one.name === name) : undefined;
  return typeof own?.colour === 'string' && COLOUR.test(own.colour) ? own.colour : '';
}
