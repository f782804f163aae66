import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, DataError } from 'diffusion-ssl/errors';

/** How images are captioned. */
export interface CaptionOptions {
  /** With `{class}` for the class in words; of several the images of a class take turns. */
  templates: readonly string[];
  /** Folders to take. Default: all that hold images. */
  classes?: readonly string[];
  /** The folder that files are named from. Default: that of the classes. */
  relativeTo?: string;
}

/** An image and what it is said to show. */
export interface Caption {
  className: string;
  /** With `/`, on every system. */
  file: string;
  text: string;
}

const PLACE = '{class}';
const IMAGE = /\.(?:jpe?g|png|tiff?)$/i;

/**
 * A caption for each image of class folders, such as those of AID: `BareLand/bareland_1.jpg` is one of bare land.
 *
 * @throws If a template does not say where the class stands, a class has no folder, or there is no image.
 */
export async function captionFolders(
  folder: string,
  { templates, classes, relativeTo = folder }: CaptionOptions,
): Promise<Caption[]> {
  const vague = templates.find((template) => !template.includes(PLACE));
  if (templates.length === 0 || vague !== undefined)
    throw new ConfigError(`--template is '${vague ?? ''}'; it must say where the class stands: ${PLACE}.`);
  const byName = new Intl.Collator('en', { numeric: true });
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw new DataError(`${folder}: cannot be read (${error.message}).`, { cause: error });
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const unknown = (classes ?? []).filter((name) => !folders.includes(name));
  if (unknown.length > 0)
    throw new ConfigError(
      `--classes: ${folder} has no folder ${unknown.join(', ')}; it has ${folders.join(', ')}.`,
    );
  const captions: Caption[] = [];
  for (const className of [...(classes ?? folders)].sort(byName.compare)) {
    const files = (await readdir(path.join(folder, className))).filter((name) => IMAGE.test(name));
    for (const [i, name] of files.sort(byName.compare).entries()) {
      const file = path.relative(relativeTo, path.join(folder, className, name));
      const text = templates[i % templates.length].replaceAll(PLACE, wordsOf(className));
      captions.push({ className, file: file.split(path.sep).join('/'), text });
    }
  }
  if (captions.length === 0)
    throw new DataError(
      `${folder}: its folders hold no JPEG, PNG or GeoTIFF; each class needs a folder of them.`,
    );
  return captions;
}

/** A folder's name in words: `BareLand` and `bare_land` are bare land. */
export function wordsOf(name: string): string {
  return name
    .replace(/([\p{Ll}\d])(?=\p{Lu})/gu, '$1 ')
    .replace(/[_\-\s]+/g, ' ')
    .trim()
    .toLowerCase();
}
