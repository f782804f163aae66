import path from 'node:path';
import { mapScene, type SceneMap, type SceneSource } from 'diffusion-ssl/maps';
import { mapFile } from 'diffusion-ssl/maps/node';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { createCounter } from '../console/counter.js';
import { type ModelClass, rgbOf } from '../heads/ModelClass.js';
import { escapeXml } from '../pictures/escapeXml.js';
import type { Predictor } from './Predictor.js';

/** How a map is made. */
export interface MapOptions {
  /** GeoTIFF of the classes; the others lie beside it. */
  out: string;
  probabilities: boolean;
  uncertainty: boolean;
  window: number;
  overlap?: number;
  signal?: AbortSignal;
}

/** What was written. */
export interface WrittenMap extends SceneMap {
  classes: string;
  probabilities?: string;
  uncertainty?: string;
}

/** Maps a scene: classes with their colours and names, and where asked for probabilities and uncertainty. */
export async function writeMap(
  scene: SceneSource & { name: string },
  { file: { classes }, window: predict, stride }: Predictor,
  options: MapOptions,
): Promise<WrittenMap> {
  const { out, window, overlap, signal } = options;
  const files = {
    classes: out,
    probabilities: options.probabilities ? besides(out, 'probabilities.tif') : undefined,
    uncertainty: options.uncertainty ? besides(out, 'uncertainty.tif') : undefined,
  };
  const sink = (file: string | undefined) => (file === undefined ? undefined : mapFile(file));
  let counter: ReturnType<typeof createCounter> | undefined;
  const map = await mapScene(scene, predict, {
    classes: classes.map(({ name }) => name),
    colours: classes.map(({ colour }) => rgbOf(colour)),
    outputs: {
      classes: sink(files.classes),
      probabilities: sink(files.probabilities),
      uncertainty: sink(files.uncertainty),
    },
    ...{ window, overlap, stride, signal },
    onProgress: ({ done, total }) => {
      counter ??= createCounter(path.basename(scene.name), total);
      counter.update(done);
    },
  });
  counter?.close();
  await writeFileAtomic(`${out}.aux.xml`, categoryNames(classes));
  return { ...map, ...files };
}

/** A file beside that of the classes: `map.tif` and `map-probabilities.tif`. */
export function besides(out: string, ending: string): string {
  return `${out.replace(/\.tiff?$/i, '')}-${ending}`;
}

/** How GDAL keeps the names of classes beside a GeoTIFF. */
function categoryNames(classes: readonly ModelClass[]): string {
  const names = classes.map(({ name }) => `      <Category>${escapeXml(name)}</Category>`);
  return [
    '<PAMDataset>',
    '  <PAMRasterBand band="1">',
    '    <CategoryNames>',
    ...names,
    '    </CategoryNames>',
    '  </PAMRasterBand>',
    '</PAMDataset>',
    '',
  ].join('\n');
}
