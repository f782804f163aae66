/**
 * From a place and a class to an image: a network is told latitude, longitude and main group of land cover of the Blue
 * Marble chips, at half their size, and draws a chip for each row of the held-out strips. Then it is measured whether
 * the samples are what was asked for:
 *
 * - a forest on image statistics, fitted to real training chips, names the group of samples and of held-out chips;
 * - band means of samples and of held-out chips over latitude, correlated, and the same where conditions are shuffled.
 *
 * Run as `npm run place-to-image`, with flags of pretrain behind (`-- --epochs 60`); started again it goes on where it
 * stood. Everything is written to runs/place-to-image.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type AffineTransform, decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import { randomForest } from 'diffusion-ssl/heads';
import { bandDistances, featureMoments, frechetDistance } from 'diffusion-ssl/metrics';
import type { Raster } from 'diffusion-ssl/normalization';
import { pretrain } from './trainer/src/commands/pretrain.js';
import { sample } from './trainer/src/commands/sample.js';
import { buildLandCover } from './trainer/src/data/buildLandCover.js';
import { imageStatistics } from './trainer/src/evaluating/imageStatistics.js';
import { imageGrid } from './trainer/src/pictures/imageGrid.js';
import { toRgb } from './trainer/src/pictures/toRgb.js';

const OUT = 'runs/place-to-image';
const words = (text: string) => text.split(' ');
const TRAINING = words(
  '--model unet2d --block-out-channels 32,64,96 --attention-levels 3 --conditions lat,lon,group:class ' +
    '--batch 16 --epochs 14 --learning-rate 1e-3 --seed 1',
);
const DRAWING = words('--sampler dpm++2m --steps 12 --guidance 2 --guidance-rescale 0.7 --batch 16');

/** A chip, and what is said of it. */
interface Chip {
  image: Raster;
  lat: number;
  group: number;
}

const { classes, bands, ...built } = await buildLandCover('data/land-cover');
const dataPath = 'data/land-cover-32';
const catalogPath = await halveChips(built, dataPath);
if (!existsSync(path.join(OUT, 'summary.json'))) {
  const isBegun = existsSync(path.join(OUT, 'latest.safetensors'));
  const where = ['--out', OUT, '--data', dataPath, '--catalog', catalogPath];
  await pretrain([...where, ...TRAINING, ...process.argv.slice(2), ...(isBegun ? ['--resume'] : [])]);
}
const drawn = path.join(OUT, 'told');
if (!process.exitCode && !existsSync(path.join(drawn, 'catalog.csv'))) {
  await sample([OUT, '--out', drawn, '--like', catalogPath, '--usage', 'test', ...DRAWING]);
}
if (!process.exitCode) await measure();

/** The chips at half their size, each pixel the mean of four: a network learns them in minutes. */
async function halveChips(from: { dataPath: string; catalogPath: string }, folder: string): Promise<string> {
  const catalog = path.join(folder, 'catalog.csv');
  if (existsSync(catalog)) return catalog;
  mkdirSync(path.join(folder, 'images'), { recursive: true });
  for (const { images } of await readCatalog(from.catalogPath)) {
    const chip = await decodeGeoTiff(readFileSync(path.join(from.dataPath, images[0])));
    const [height, width] = [chip.height / 2, chip.width / 2];
    const data = Float32Array.from({ length: height * width * chip.bands }, (_, i) => {
      const [pixel, band] = [Math.floor(i / chip.bands), i % chip.bands];
      const [row, column] = [2 * Math.floor(pixel / width), 2 * (pixel % width)];
      const at = (y: number, x: number) =>
        chip.data[((row + y) * chip.width + column + x) * chip.bands + band];
      return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
    });
    const [dx, a, x, b, dy, y] = chip.transform ?? [1, 0, 0, 0, -1, 0];
    const transform: AffineTransform = [2 * dx, a, x, b, 2 * dy, y];
    const { epsg, bands: count, bandNames } = chip;
    const file = encodeGeoTiff({ height, width, bands: count, bandNames, data, epsg, transform });
    writeFileSync(path.join(folder, images[0]), file);
  }
  const known = bands.map((name) => ({ name }));
  writeFileSync(path.join(folder, 'bands.json'), JSON.stringify(known));
  writeFileSync(catalog, readFileSync(from.catalogPath));
  return catalog;
}

async function measure(): Promise<void> {
  const rows = await readCatalog(catalogPath);
  const chipsOf = (usage: string) =>
    Promise.all(
      rows
        .filter((row) => row.usage === usage)
        .map(({ images, values }) => readChip(path.join(dataPath, images[0]), values)),
    );
  const [train, held] = [await chipsOf('train'), await chipsOf('test')];
  const told = await readCatalog(path.join(drawn, 'catalog.csv'));
  const samples = await Promise.all(
    told.map(({ images, values }) => readChip(path.join(drawn, images[0]), values)),
  );
  const report = {
    samples: samples.length,
    group: await namedGroups(train, { held, samples }),
    latitude: bands.map((band, i) => ({ band, ...latitudes(held, samples, i) })),
    distance: distances(train, { held, samples }),
  };
  writeFileSync(path.join(OUT, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(OUT, 'place-to-image.png'), await picture(held, samples));
  console.log(JSON.stringify(report, null, 2));
}

async function readChip(file: string, values: Record<string, string>): Promise<Chip> {
  const { height, width, bands: channels, data } = await decodeGeoTiff(readFileSync(file));
  const image = { height, width, channels, data: Float32Array.from(data as ArrayLike<number>) };
  return { image, lat: Number(values.lat), group: Number(values.group) };
}

/** How often a forest fitted to real chips names the group that others have, or were told. */
async function namedGroups(train: readonly Chip[], sets: Record<'held' | 'samples', Chip[]>) {
  const labels = Int32Array.from(train, ({ group }) => group);
  const forest = await randomForest(featuresOf(train), labels, { classes: classes.length, trees: 300 });
  const accuracy = async (chips: readonly Chip[]) => {
    const probabilities = await forest.predict(featuresOf(chips));
    const isRight = chips.map(({ group }, i) => {
      const own = probabilities.subarray(i * classes.length, (i + 1) * classes.length);
      return own.indexOf(Math.max(...own)) === group ? 1 : 0;
    });
    return average(isRight);
  };
  const [held, samples] = [await accuracy(sets.held), await accuracy(sets.samples)];
  return { held, samples, ratio: samples / held };
}

/** Correlation of the means of a band in belts of ten degrees, as they are and under shuffled conditions. */
function latitudes(held: readonly Chip[], samples: readonly Chip[], band: number) {
  const means = samples.map(({ image }) => bandMean(image, band));
  const belts = (lats: readonly number[], values: readonly number[]) =>
    Array.from({ length: 12 }, (_, belt) =>
      values.filter((_, i) => Math.floor((lats[i] + 60) / 10) === belt),
    ).map((found) => (found.length >= 3 ? average(found) : Number.NaN));
  const lats = samples.map(({ lat }) => lat);
  const real = belts(
    held.map(({ lat }) => lat),
    held.map(({ image }) => bandMean(image, band)),
  );
  const shuffled = Array.from({ length: 200 }, (_, seed) => {
    return correlation(real, belts(lats, shuffle(means, seed)));
  });
  return { correlation: correlation(real, belts(lats, means)), shuffled: average(shuffled) };
}

/** How far sets are from the held-out chips; training chips, and chips without form, are what to compare with. */
function distances(train: readonly Chip[], { held, samples }: Record<'held' | 'samples', Chip[]>) {
  const dims = imageStatistics(held[0].image).length;
  const scale = featureMoments(featuresOf(train), dims);
  const scaled = (chips: readonly Chip[]) =>
    featureMoments(
      featuresOf(chips).map(
        (value, i) =>
          (value - scale.mean[i % dims]) / (Math.sqrt(scale.covariance[(i % dims) * (dims + 1)]) || 1),
      ),
      dims,
    );
  const pixels = (chips: readonly Chip[]) => chips.flatMap(({ image }) => Array.from(image.data));
  const far = (chips: readonly Chip[]) => ({
    frechet: frechetDistance(scaled(chips), scaled(held)),
    bands: bandDistances(pixels(chips), pixels(held), bands.length).map(({ wasserstein }) => wasserstein),
  });
  // The pixels of each chip in another order: its values, without any form.
  const scattered = train.map(({ image, ...chip }, seed) => {
    const order = shuffle(
      Array.from({ length: image.height * image.width }, (_, i) => i),
      seed,
    );
    const data = image.data.map(
      (_, i) => image.data[order[Math.floor(i / image.channels)] * image.channels + (i % image.channels)],
    );
    return { ...chip, image: { ...image, data } };
  });
  return { samples: far(samples), training: far(train), scattered: far(scattered) };
}

function featuresOf(chips: readonly Chip[]): Float32Array {
  return Float32Array.from(chips.flatMap(({ image }) => imageStatistics(image)));
}

/** Held-out chips, and samples that were told the same, a group a row. */
function picture(held: readonly Chip[], samples: readonly Chip[]): Promise<Uint8Array> {
  const columns = 4;
  const found = classes.flatMap((name, group) => {
    const places = held.flatMap((chip, i) => (chip.group === group ? [i] : [])).slice(0, columns);
    return places.length === columns ? [{ name, places }] : [];
  });
  const shown = (chip: Chip) => toRgb(chip.image, [0, 1, 2], [0, 160]);
  return imageGrid({
    title: 'Told place and group, and the chips of those places',
    rows: found.map(({ places }) => [
      ...places.map((i) => shown(held[i])),
      ...places.map((i) => shown(samples[i])),
    ]),
    columnLabels: Array.from({ length: 2 * columns }, (_, i) => {
      return [i < columns ? 'real' : 'sample', ''] as const;
    }),
    rowLabels: found.map(({ name, places }) => {
      return `${name.replace(', ', ',\n')}\n${places.map((i) => `${held[i].lat.toFixed(0)}°`).join(' ')}`;
    }),
    caption:
      'Red, green, blue from 0 to 160. Samples are told the latitude, longitude and group of the real chip.',
  });
}

function bandMean({ channels, data }: Raster, band: number): number {
  return average(data.filter((_, i) => i % channels === band));
}

function average(values: ArrayLike<number>): number {
  return (
    (Array.prototype.reduce.call(values, (sum, value) => Number(sum) + value, 0) as number) / values.length
  );
}

/** Pearson's correlation where both have a value. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const places = a.flatMap((value, i) => (Number.isFinite(value + b[i]) ? [i] : []));
  const [x, y] = [a, b].map((values) => places.map((i) => values[i]));
  const [mx, my] = [average(x), average(y)];
  const sum = (f: (i: number) => number) => places.reduce((total, _, i) => total + f(i), 0);
  const covariance = sum((i) => (x[i] - mx) * (y[i] - my));
  return covariance / Math.sqrt(sum((i) => (x[i] - mx) ** 2) * sum((i) => (y[i] - my) ** 2));
}

/** Fisher–Yates, by a generator that is good enough for an order (Park and Miller 1988). */
function shuffle<T>(values: readonly T[], seed: number): T[] {
  const result = [...values];
  let state = 1 + seed;
  for (let i = 0; i < 20; i++) state = (state * 48_271) % 2_147_483_647;
  for (let i = result.length - 1; i > 0; i--) {
    state = (state * 48_271) % 2_147_483_647;
    const j = Math.floor((state / 2_147_483_647) * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
