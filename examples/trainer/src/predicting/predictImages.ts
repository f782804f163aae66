import { existsSync } from 'node:fs';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { createCounter } from '../console/counter.js';
import { openModelScene } from '../model/openModelScene.js';
import { outputConflict } from '../model/outputConflict.js';
import { csvLine } from '../results/csvLine.js';
import { turn } from '../stopping/turn.js';
import type { Predictor } from './Predictor.js';
import { sceneRaster } from './sceneRaster.js';
import { type MapOptions, writeMap } from './writeMap.js';

/** Images, and the bands of them that a network gets. */
export interface Images {
  places: readonly string[];
  inputBands?: readonly string[];
  signal: AbortSignal;
}

/**
 * Maps each image into a folder, under its own name.
 *
 * @param skip Whether maps that are there stay.
 * @returns How many were made.
 */
export async function mapImages(
  predictor: Predictor,
  { places, inputBands, signal }: Images,
  { out: folder, skip, ...options }: Omit<MapOptions, 'signal'> & { skip: boolean },
): Promise<number> {
  const names = places.map((place) => `${path.parse(place).name}.tif`);
  const conflict = outputConflict(places, { out: folder, names });
  if (conflict !== undefined) throw new DataError(conflict);
  const counter = createCounter('images', places.length);
  let made = 0;
  for (const [i, place] of places.entries()) {
    await turn(signal);
    const out = path.join(folder, names[i]);
    // The names of the classes are written last.
    if (!(skip && existsSync(`${out}.aux.xml`))) {
      const scene = await openModelScene(place, predictor.model, inputBands);
      try {
        await writeMap(scene, predictor, { ...options, out, signal });
      } finally {
        scene.close();
      }
      made++;
    }
    counter.update(i + 1);
  }
  counter.close();
  return made;
}

/** Writes a table of what is said of each image: its class, or those that are likelier than not, and probabilities. */
export async function tellImages(
  predictor: Predictor,
  { places, inputBands, signal }: Images,
  out: string,
): Promise<void> {
  const { file, model, stride } = predictor;
  const names = file.classes.map(({ name }) => name);
  const lines = [['image', file.task === 'groups' ? 'classes' : 'class', ...names]];
  const counter = createCounter('images', places.length);
  for (const [i, place] of places.entries()) {
    await turn(signal);
    const scene = await openModelScene(place, model, inputBands);
    try {
      const { width, height } = scene.info;
      if (width % stride !== 0 || height % stride !== 0) {
        throw new DataError(
          `${place} is ${width} × ${height} pixels; the network takes multiples of ${stride}, as it was trained on.`,
        );
      }
      const probabilities = await predictor.whole(await sceneRaster(scene));
      const most = probabilities.indexOf(Math.max(...probabilities));
      const said =
        file.task === 'groups' ? names.filter((_, k) => probabilities[k] > 0.5).join(' ') : names[most];
      lines.push([place, said, ...Array.from(probabilities, (p) => p.toFixed(4))]);
    } finally {
      scene.close();
    }
    counter.update(i + 1);
  }
  counter.close();
  await writeFileAtomic(out, lines.map(csvLine).join(''));
}
