import { openRaster } from 'diffusion-ssl/data/node';
import { imageGrid } from '../pictures/imageGrid.js';
import { readCoarse } from '../pictures/readCoarse.js';
import { componentPictures } from './componentPicture.js';

/** The first three bands of a GeoTIFF of components as red, green and blue, coarser where it is large: a PNG file. */
export async function scenePicture(file: string, title: string): Promise<Uint8Array> {
  const raster = await openRaster(file);
  try {
    const { data, width, height, channels } = await readCoarse(raster);
    const values = Float32Array.from(data);
    const [picture] = componentPictures([values], channels, [height, width]);
    const names = raster.info.bandNames?.slice(0, 3).join('; ') ?? '';
    return imageGrid({
      title,
      rows: [[picture]],
      columnLabels: [['', '']],
      rowLabels: [''],
      caption: `As red, green, blue: ${names}.`,
    });
  } finally {
    raster.close();
  }
}
