/**
 * What pretraining is for, measured: land cover of the Blue Marble chips from few labels, with and without pretraining,
 * as segmentation and as scenes. It builds the chips, pretrains on the training strips alone, and writes tables and
 * plots to runs/evaluate. Started again it goes on where it stood; `--seeds 5` adds seeds. Flags of evaluate-transfer
 * follow behind: npm run evaluate -- --seeds 5
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { evaluateTransfer } from './trainer/src/commands/evaluateTransfer.js';
import { pretrain } from './trainer/src/commands/pretrain.js';
import { buildLandCover } from './trainer/src/data/buildLandCover.js';

const OUT = 'runs/evaluate';
const RUN = path.join(OUT, 'pretraining');
/** The strip of the training ones by which the pretraining itself is validated. */
const HELD = '14';
/** Skip connections dropped half the time, so that the deep levels learn too. */
const PRETRAINING =
  '--batch 16 --epochs 28 --skip-drop-rate 0.5 --augmentation flips+rotation --checkpoint-interval 7'.split(
    ' ',
  );
const FEATURES = [
  '--timesteps',
  '0,100',
  '--layers',
  'conv5 conv4 conv3; conv4 conv3 conv2',
  '--max-rows',
  '4000',
];
const ON_CHIPS = ['--chips', '14,56,280', '--steps', '80'];
const PROBES = [
  'raw-linear raw-forest neighbourhood-linear neighbourhood-forest random-features-linear',
  'features-linear features-forest features-windows-linear features-windows-forest',
].join(' ');

const { dataPath, catalogPath, classes } = await buildLandCover('data/land-cover');
const [header, ...lines] = readFileSync(catalogPath, 'utf8').trim().split('\n');
const strip = header.split(',').indexOf('strip');
const training = lines
  .filter((line) => line.includes(',train,'))
  .map((line) => (line.split(',')[strip] === HELD ? line.replace(',train,', ',validate,') : line));
const pretraining = path.join(dataPath, 'pretraining.csv');
writeFileSync(pretraining, `${[header, ...training].join('\n')}\n`);

if (!existsSync(path.join(RUN, 'summary.json'))) {
  const isBegun = existsSync(path.join(RUN, 'latest.safetensors'));
  const chips = ['--data', dataPath, '--catalog', pretraining, ...PRETRAINING];
  await pretrain(isBegun ? ['--out', RUN, '--resume', ...chips] : ['--out', RUN, ...chips]);
}
const labelled = [
  '--data',
  dataPath,
  '--catalog',
  catalogPath,
  '--classes',
  classes.join('|'),
  '--group',
  'strip',
];
const scenes = ['--layers', 'conv3; conv2; conv1; add_time'];
for (const asked of [
  [...ON_CHIPS],
  ['--points', '10,50,300', '--methods', PROBES],
  [
    ...ON_CHIPS,
    '--task',
    'scenes',
    '--label-column',
    'group',
    ...scenes,
    '--methods',
    `${PROBES} scratch finetuned`,
  ],
  [...ON_CHIPS, '--task', 'groups', '--label-column', 'groups', ...scenes, '--methods', PROBES],
]) {
  if (process.exitCode) break;
  await evaluateTransfer([RUN, '--out', OUT, ...labelled, ...FEATURES, ...asked, ...process.argv.slice(2)]);
}
