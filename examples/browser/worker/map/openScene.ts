import { type BlobRaster, type GeoTiffInfo, openRasterBlob } from 'diffusion-ssl/data';
import type { SceneChoice, SceneImageInfo, SceneInfo } from '../../shared/mapTypes.js';
import type { Dataset } from '../Dataset.js';
import { layOut } from './layOut.js';
import { placesOf } from './places.js';
import { readCoarser } from './readCoarser.js';
import { Scene } from './Scene.js';

/** Pixels that a scene has at most; larger images are read coarser. */
export const MAX_PIXELS = 1024 ** 2;
const MAX_BANDS = 512;

/** An image whose header has been read. */
interface OpenedImage extends Omit<SceneImageInfo, 'top' | 'left'> {
  info: GeoTiffInfo;
  read(): ReturnType<typeof readCoarser>;
}

/** Where scenes come from, beside files. */
export interface SceneSources {
  choice: SceneChoice;
  /** Chips of the first room. */
  chips?: Dataset;
  /** Told what will be read, before it is. */
  onPlan(info: SceneInfo): void;
}

/**
 * Reads a scene: an image, or several of the same bands. One of more than 1,024² pixels is read coarser; of several
 * those are taken that have so many together.
 *
 * @throws If there is nothing of use; nothing has changed then.
 */
export async function openScene({ choice, chips, onPlan }: SceneSources): Promise<Scene> {
  const problems: string[] = [];
  const opened = choice.kind === 'chips' ? ofChips(chips) : await ofFiles(await filesOf(choice), problems);
  if (opened.length === 0) throw new Error([...problems, 'The scene at hand stays.'].join('\n'));
  const { images, width, height } = layOut(opened);
  const [{ info }] = opened;
  const name =
    images.length === 1 ? images[0].name : choice.kind === 'chips' ? chips!.name : `${images.length} images`;
  const said = {
    ...{ name, width, height, problems },
    images: images.map(({ info: _, read: __, ...image }) => image),
    bands: info.bands,
    bandNames: Array.from({ length: info.bands }, (_, i) => info.bandNames?.[i] ?? `band ${i + 1}`),
  };
  onPlan({ ...said, places: placesOf(images) });
  const read = [];
  for (const image of images) read.push({ ...image, raster: await image.read() });
  return new Scene(said, read);
}

async function filesOf(choice: Exclude<SceneChoice, { kind: 'chips' }>): Promise<File[]> {
  if (choice.kind === 'files') return choice.files;
  const response = await fetch(choice.url);
  if (!response.ok)
    throw new Error(
      `The sample scene does not load (${response.status}). Is the folder samples/ on the server?`,
    );
  return [new File([await response.blob()], 'NASA Blue Marble')];
}

function ofChips(chips: Dataset | undefined): OpenedImage[] {
  if (!chips) throw new Error('There are no chips yet: choose some in the first room.');
  const { size, bands, bandNames } = chips;
  const names = bandNames.map((name, i) => (name === `band ${i + 1}` ? null : name));
  const info: GeoTiffInfo = {
    ...{
      width: size,
      height: size,
      bands,
      bandNames: names,
      dtype: 'float32',
      nodata: null,
      alphaBand: null,
    },
    ...{ epsg: null, crsKind: null, transform: null, scales: null, offsets: null },
  };
  return chips.chips.slice(0, Math.floor(MAX_PIXELS / size ** 2)).map((raster, i) => ({
    ...{ name: `chip ${i + 1}`, width: size, height: size, fileWidth: size, fileHeight: size },
    ...{ coarser: 1, info, read: async () => raster },
  }));
}

async function ofFiles(files: readonly File[], problems: string[]): Promise<OpenedImage[]> {
  const images: OpenedImage[] = [];
  let left = MAX_PIXELS;
  let beyond = 0;
  for (const file of files) {
    try {
      const image = openedImage(file.name, await openRasterBlob(file));
      checkBands(image, images[0]);
      if (image.width * image.height > left) {
        beyond++;
        continue;
      }
      left -= image.width * image.height;
      images.push(image);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (beyond > 0)
    problems.push(`${beyond} of ${files.length} images are left out: a scene has 1,024 × 1,024 pixels.`);
  return images;
}

function openedImage(name: string, file: BlobRaster): OpenedImage {
  const { width: fileWidth, height: fileHeight, transform, alphaBand, bandNames } = file.info;
  let coarser = 1;
  while (Math.ceil(fileWidth / coarser) * Math.ceil(fileHeight / coarser) > MAX_PIXELS) coarser++;
  const [width, height] = [Math.ceil(fileWidth / coarser), Math.ceil(fileHeight / coarser)];
  const [a, b, c, d, e, f] = transform ?? [];
  const info: GeoTiffInfo = {
    ...file.info,
    ...{ width, height, alphaBand: null, nodata: null, dtype: 'float32' },
    bands: file.info.bands - (alphaBand === null ? 0 : 1),
    bandNames: bandNames?.filter((_, band) => band !== alphaBand) ?? null,
    transform: transform && [a! * coarser, b! * coarser, c!, d! * coarser, e! * coarser, f!],
  };
  const read = () => readCoarser(name, file, coarser);
  return { name, fileWidth, fileHeight, coarser, width, height, info, read };
}

/** Images of one scene have the same bands, as far as their files say which these are. */
function checkBands({ name, info }: OpenedImage, first: OpenedImage | undefined): void {
  if (info.bands > MAX_BANDS)
    throw new Error(`${name} has ${info.bands} bands; the page takes up to ${MAX_BANDS}.`);
  if (!first) return;
  if (info.bands !== first.info.bands)
    throw new Error(
      `${name} has ${info.bands} bands, the files before it ${first.info.bands}. Drop files of one kind.`,
    );
  const other = info.bandNames?.findIndex((band, i) => band !== (first.info.bandNames?.[i] ?? band)) ?? -1;
  if (other >= 0)
    throw new Error(
      `Band ${other + 1} of ${name} is ${info.bandNames?.[other]}, that of the files before it ` +
        `${first.info.bandNames?.[other]}. Drop files of one kind.`,
    );
}
