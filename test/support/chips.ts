import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeGeoTiff } from '../../src/data/encodeGeoTiff.js';
import { uniformGenerator } from '../../src/internal/philox.js';

/** Height and width of the chips of {@link writeChips}. */
export const CHIP_SIZE: readonly [number, number] = [40, 48];

/** A smooth raster with noise, other for every `seed`; the values are around 1000. */
export function smoothPixels(bands: number, seed: number, [height, width] = CHIP_SIZE): number[] {
  const random = uniformGenerator({ seed, stream: 5, step: 0 });
  const [phase, slope] = [6 * random(), 0.1 + 0.2 * random()];
  return Array.from({ length: height * width * bands }, (_, i) => {
    const [pixel, band] = [Math.floor(i / bands), i % bands];
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    return Math.round(
      1000 + 100 * band + 400 * Math.sin(phase + slope * row + 0.13 * column) + 50 * random(),
    );
  });
}

/** Writes a raster as a GeoTIFF. */
export function writeRaster(
  file: string,
  bands: number,
  data: Uint16Array | Int16Array | Float32Array,
  { size: [height, width] = CHIP_SIZE, nodata }: { size?: readonly [number, number]; nodata?: number } = {},
): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, encodeGeoTiff({ width, height, bands, data, nodata }));
}

/**
 * Writes chips of six bands in two rasters, and their catalog: four bands of uint16, and two of int16 with nodata or,
 * for every third chip, of float32 with NaN.
 *
 * @returns The path of the catalog.
 */
export function writeChips(folder: string, { train = 16, validate = 4 } = {}): string {
  const lines = ['tile,optical,radar,usage'];
  for (let index = 0; index < train + validate; index++) {
    const [optical, radar] = [`optical/${index}.tif`, `radar/${index}.tif`];
    writeRaster(path.join(folder, optical), 4, Uint16Array.from(smoothPixels(4, index)));
    const pixels = smoothPixels(2, 100 + index).map((value) => value - 1100);
    const file = path.join(folder, radar);
    const isMissing = (i: number) => (Math.floor(i / 2) * 7 + index) % 41 === 0;
    if (index % 3 === 0) {
      writeRaster(
        file,
        2,
        Float32Array.from(pixels, (value, i) => (isMissing(i) ? Number.NaN : value / 10)),
      );
    } else {
      const nodata = -9999;
      writeRaster(
        file,
        2,
        Int16Array.from(pixels, (value, i) => (isMissing(i) ? nodata : value)),
        { nodata },
      );
    }
    lines.push(`${index},${optical},${radar},${index < train ? 'train' : 'validate'}`);
  }
  const catalog = path.join(folder, 'catalog.csv');
  writeFileSync(catalog, `${lines.join('\n')}\n`);
  return catalog;
}
