import { readFile } from 'node:fs/promises';
import { parseCsvLabels, parseGeoJsonLabels, rasterizeLabels } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { projectionBetween } from '../tile/projections.js';
import { NO_LABEL } from '../transfer/Task.js';
import type { ChipLabels, LabelSource } from './ChipLabels.js';

/** Points and polygons of a GeoJSON file or a CSV table, on the pixels of the chips where they lie. */
export async function shapeLabels({ labels: name, classes, property }: LabelSource): Promise<ChipLabels> {
  const text = await readFile(name, 'utf8');
  const read = (names?: readonly string[]) =>
    /\.csv$/i.test(name)
      ? parseCsvLabels(text, { name, classes: names, label: property })
      : parseGeoJsonLabels(text, { name, classes: names, property });
  const plain = read();
  // Numbers are labels whatever the classes are called.
  const found = plain.classes && classes ? read(classes) : plain;
  return {
    classes: found.classes ?? undefined,
    async of({ images: [image] }, grid) {
      const { epsg } = found;
      if (!grid.transform || (epsg !== null && grid.epsg === null)) {
        throw new DataError(
          `${image} does not say where it lies; the labels of ${name} cannot be found on it.`,
        );
      }
      const isElsewhere = epsg !== null && epsg !== grid.epsg;
      const project = isElsewhere ? projectionBetween(epsg, grid.epsg!) : undefined;
      return rasterizeLabels(found, grid, { noLabel: NO_LABEL, project }).data;
    },
  };
}
