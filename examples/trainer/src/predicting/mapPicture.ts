import { openRaster } from 'diffusion-ssl/data/node';
import type { SceneSource } from 'diffusion-ssl/maps';
import type { ModelClass } from '../heads/ModelClass.js';
import type { OpenModel } from '../model/openModel.js';
import { imageGrid } from '../pictures/imageGrid.js';
import { classImage } from '../pictures/labelPicture.js';
import { percentileRanges } from '../pictures/percentileRanges.js';
import { readCoarse } from '../pictures/readCoarse.js';
import { type RgbImage, toRgb } from '../pictures/toRgb.js';
import type { WrittenMap } from './writeMap.js';

/** Pixels of a side in the picture, at most. */
const SIDE = 640;

/** The scene, its map and its uncertainty side by side, coarser where they are large: a PNG file. */
export async function mapPicture(
  { classes: file, uncertainty }: WrittenMap,
  { classes, title, scene, model }: MapPictureOptions,
): Promise<Uint8Array> {
  const map = await coarse(file);
  const pictures: [string, RgbImage][] = [];
  if (scene) {
    const image = await readCoarse(scene, SIDE);
    pictures.push(['scene', toRgb(image, model.shownBands, percentileRanges(image))]);
  }
  const labels = Array.from({ length: map.data.length }, (_, i) =>
    Number.isNaN(map.data[i]) ? -1 : map.data[i],
  );
  pictures.push(['map', classImage(labels, map, classes)]);
  if (uncertainty) pictures.push(['uncertainty', toRgb(await coarse(uncertainty), [0], [0, 1])]);
  const step = map.step > 1 ? `One of ${map.step} pixels along each side. ` : '';
  return imageGrid({
    title,
    rows: [pictures.map(([, picture]) => picture)],
    columnLabels: pictures.map(([name]) => [name, name === 'uncertainty' ? '0 to 1' : '']),
    rowLabels: [''],
    caption: `${step}Grey where the scene has no value.`,
    legend: classes,
  });
}

/** What a picture is of. */
export interface MapPictureOptions {
  classes: readonly ModelClass[];
  title: string;
  /** Left out where reading it once more would take long. */
  scene?: SceneSource;
  model: Pick<OpenModel, 'shownBands'>;
}

async function coarse(file: string) {
  const raster = await openRaster(file);
  try {
    return await readCoarse(raster, SIDE);
  } finally {
    raster.close();
  }
}
