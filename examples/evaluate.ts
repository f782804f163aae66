/**
 * What pretraining is for, measured: land cover of the Blue Marble chips from few labels, with and without pretraining,
 * as segmentation and as scenes. It builds the chips, pretrains on the training strips alone, and writes tables and
 * plots to runs/evaluate. Started again it goes on where it stood.
 *
 * Flags of evaluate-transfer follow behind: `npm run evaluate -- --seeds 5`. With five seeds and more a second network
 * is pretrained, which is shown at the middle budget.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pretrain } from './trainer/src/commands/pretrain.js';
import { buildLandCover } from './trainer/src/data/buildLandCover.js';
import { runLanes } from './trainer/src/transfer/runLanes.js';

const OUT = 'runs/evaluate';
const flags = process.argv.slice(2);
const words = (text: string) => text.split(' ');

/** The strip of the training ones by which the pretraining itself is validated. */
const HELD = '14';
const PRETRAINING = words(
  '--batch 16 --epochs 28 --normalization whiten --skip-drop-rate 0.5 --augmentation flips+rotation ' +
    '--checkpoint-interval 7',
);
const FEATURES = [...words('--timesteps 0,100 --max-rows 4000 --steps 96')];
const ON_CHIPS = words('--chips 14,56,280');
const OF_PIXELS = ['--layers', 'conv5; conv5 conv4'];
/** The deepest levels of a denoiser say little of a chip. */
const OF_CHIPS = ['--layers', 'conv3; conv2; conv1; add_time', '--scene-layers', 'conv3'];
const PROBES =
  'raw-linear raw-forest neighbourhood-linear neighbourhood-forest neighbourhood-mlp random-features-linear ' +
  'random-features-bands-linear features-linear features-forest features-mlp features-bands-linear ' +
  'features-windows-linear features-windows-forest features-windows-mlp';
/** What is asked, the slowest first. */
const QUESTIONS: Record<string, string[]> = {
  chips: [...OF_PIXELS, ...ON_CHIPS],
  points: [...OF_PIXELS, ...words('--points 10,50,300'), '--methods', `${PROBES} scratch finetuned`],
  scenes: [...OF_CHIPS, ...ON_CHIPS, ...words('--task scenes --label-column group')],
  groups: [...OF_CHIPS, ...ON_CHIPS, ...words('--task groups --label-column groups'), '--methods', PROBES],
};

const { dataPath, catalogPath, classes } = await buildLandCover('data/land-cover');
const chips = ['--data', dataPath, '--catalog', trainingCatalog(dataPath, catalogPath)];
const runs = [path.join(OUT, 'pretraining')];
if (flags.includes('--seeds') && Number(flags[flags.indexOf('--seeds') + 1]) >= 5)
  runs.push(path.join(OUT, 'second-pretraining'));
for (const [seed, run] of runs.entries()) {
  if (process.exitCode || existsSync(path.join(run, 'summary.json'))) continue;
  const isBegun = existsSync(path.join(run, 'latest.safetensors'));
  const threads = String(Math.min(2, os.availableParallelism()));
  const options = [...chips, ...PRETRAINING, '--seed', String(seed), '--threads', threads];
  await pretrain(isBegun ? ['--out', run, '--resume', ...options] : ['--out', run, ...options]);
}
if (!process.exitCode) {
  const labelled = ['--data', dataPath, '--catalog', catalogPath, '--classes', classes.join('|')];
  const shared = ['--group', 'strip', '--features', path.join(OUT, 'features'), ...FEATURES];
  const also = runs.length > 1 ? ['--also', runs[1]] : [];
  const jobs = Object.entries(QUESTIONS).map(([name, asked]) => ({
    name,
    args: [runs[0], '--out', path.join(OUT, name), ...labelled, ...shared, ...also, ...asked, ...flags],
  }));
  await runLanes(jobs, Math.min(2, os.availableParallelism()));
}

/** The catalog of the training chips, those of one strip to validate by. */
function trainingCatalog(folder: string, catalog: string): string {
  const [header, ...lines] = readFileSync(catalog, 'utf8').trim().split('\n');
  const strip = header.split(',').indexOf('strip');
  const training = lines
    .filter((line) => line.includes(',train,'))
    .map((line) => (line.split(',')[strip] === HELD ? line.replace(',train,', ',validate,') : line));
  const file = path.join(folder, 'pretraining.csv');
  writeFileSync(file, `${[header, ...training].join('\n')}\n`);
  return file;
}
