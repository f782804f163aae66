import type { Rgb } from 'diffusion-ssl/data';
import type { Head } from 'diffusion-ssl/heads';
import type { MapClass, MapPart, SavedFiles } from '../../shared/mapTypes.js';
import type { NamedFile } from '../../shared/types.js';
import type { KeptFeatures } from './KeptFeatures.js';

/** The map as GeoTIFFs, one an image, with the images' georeference and the names and colours of the classes. */
export async function saveMap(
  kept: KeptFeatures,
  head: Head,
  { classes, part }: { classes: readonly MapClass[]; part: MapPart },
): Promise<SavedFiles> {
  const files: NamedFile[] = [];
  const { images } = kept.scene;
  for (const image of images) {
    const { [part]: bytes } = await kept.map(image, head, {
      classes: classes.map(({ name }) => name),
      colours: classes.map(({ colour }) => rgbOf(colour)),
      parts: [part],
    });
    const name = `${image.name.replace(/\.[^.]*$/, '')}-${part}.tif`;
    files.push({ name, file: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/tiff' }) });
  }
  const bare = images.filter(({ info }) => !info.transform).length;
  const remark =
    bare > 0
      ? `${bare === images.length ? 'The map has' : `${bare} of the maps have`} no georeference: the image has none.`
      : undefined;
  return { files, remark };
}

const rgbOf = (colour: string): Rgb => {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return [red, green, blue];
};
