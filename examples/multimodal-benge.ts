/**
 * Many modalities at once, on a folder of ben-ge: the same chips once with radar, optics and elevation as the bands of
 * one sample, and once as optics that are told elevation, climate zone and season. Then it is measured whether images
 * follow what they were told: near infrared of samples and of the held-out patches of the same place, correlated pixel
 * by pixel, and the same with another place's.
 *
 * Run as `npm run multimodal-benge -- FOLDER`; without a folder it makes a small one of invented hills, in that data
 * set's layout (some minutes). All is written to runs/multimodal-benge; started again it does what is missing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeGeoTiff } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import type { Raster } from 'diffusion-ssl/normalization';
import { makeSmallBenGe } from './smallBenGe.js';
import { catalog } from './trainer/src/commands/catalog.js';
import { pretrain } from './trainer/src/commands/pretrain.js';
import { sample } from './trainer/src/commands/sample.js';
import { imageGrid } from './trainer/src/pictures/imageGrid.js';
import { toRgb } from './trainer/src/pictures/toRgb.js';

const OUT = 'runs/multimodal-benge';
const words = (text: string) => text.split(' ');
const TRAINING = words(
  '--model unet2d --block-out-channels 8,16 --attention-levels none --size 32 --batch 8 --epochs 30 ' +
    '--learning-rate 5e-3 --ema-decay 0 --seed 1',
);
/** Near infrared among the bands that are taken. */
const NIR = 3;

const [given] = process.argv.slice(2);
const folder = given ?? path.join(OUT, 'ben-ge');
if (given === undefined && !existsSync(folder)) makeSmallBenGe(folder, 40);
const chips = path.join(OUT, 'chips');
const csv = path.join(chips, 'catalog.csv');
const subset = given === undefined ? ['--subset', 'ben-ge-0.4'] : [];
if (!existsSync(csv))
  await catalog(['benge', folder, '--out', chips, '--bands', 'B02,B03,B04,B08', ...subset]);

/** Trains unless it has been done. */
async function train(name: string, flags: string): Promise<void> {
  const out = path.join(OUT, name);
  if (process.exitCode || existsSync(path.join(out, 'summary.json'))) return;
  const isBegun = existsSync(path.join(out, 'latest.safetensors'));
  const where = ['--out', out, '--data', chips, '--catalog', csv, ...words(flags)];
  await pretrain([...where, ...TRAINING, ...(isBegun ? ['--resume'] : [])]);
}
await train('bands', '--image-columns s2,s1,elevation');
await train('told', '--image-columns s2 --conditions elevation:image,climatezone:class,season:linear:0:1');

const drawn = path.join(OUT, 'samples');
if (!process.exitCode && !existsSync(path.join(drawn, 'catalog.csv'))) {
  const flags = words('--usage test --sampler dpm++2m --steps 12 --batch 4');
  await sample([path.join(OUT, 'told'), '--out', drawn, '--like', csv, ...flags]);
}
if (!process.exitCode) await measure();

async function measure(): Promise<void> {
  const rows = (await readCatalog(csv, { imageColumns: ['s2', 'elevation'] })).filter(
    ({ usage }) => usage === 'test',
  );
  const told = await readCatalog(path.join(drawn, 'catalog.csv'));
  const real = await Promise.all(rows.map(({ images }) => readImage(path.join(chips, images[0]))));
  const heights = await Promise.all(rows.map(({ images }) => readImage(path.join(chips, images[1]))));
  const samples = await Promise.all(told.map(({ images }) => readImage(path.join(drawn, images[0]))));
  const mean = (shift: number) =>
    samples.reduce((sum, image, i) => sum + correlation(image, real[(i + shift) % real.length]), 0) /
    samples.length;
  const report = { samples: samples.length, correlation: mean(0), withAnotherPlace: mean(1) };
  writeFileSync(path.join(OUT, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const shown = samples.slice(0, 6);
  const picture = await imageGrid({
    title: 'Told elevation, climate zone and season',
    rows: shown.map((image, i) => [
      toRgb(heights[i], [0], [0, 2500]),
      toRgb(image, [NIR, 2, 1], [0, 3500]),
      toRgb(real[i], [NIR, 2, 1], [0, 3500]),
    ]),
    columnLabels: [
      ['told elevation', '0 to 2500 m'],
      ['sample', 'near infrared, red, green'],
      ['the real patch', 'near infrared, red, green'],
    ],
    rowLabels: shown.map(
      (_, i) => `zone ${rows[i].values.climatezone}\nseason ${Number(rows[i].values.season).toFixed(2)}`,
    ),
    caption:
      `Near infrared correlates by ${report.correlation.toFixed(2)}, ` +
      `with another place by ${report.withAnotherPlace.toFixed(2)}.`,
  });
  writeFileSync(path.join(OUT, 'multimodal-benge.png'), picture);
  console.log(JSON.stringify(report, null, 2));
}

async function readImage(file: string): Promise<Raster> {
  const { height, width, bands: channels, data } = await decodeGeoTiff(readFileSync(file));
  return { height, width, channels, data: Float32Array.from(data as ArrayLike<number>) };
}

/** Pearson's correlation of near infrared. */
function correlation(a: Raster, b: Raster): number {
  const of = ({ data, channels }: Raster) => data.filter((_, i) => i % channels === NIR);
  const centred = (values: Float32Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [x, y] = [centred(of(a)), centred(of(b))];
  const product = (u: Float32Array, v: Float32Array) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}
