/** Times what follows pretraining beside scikit-learn and PyTorch, in turns. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { initBackend } from 'diffusion-ssl/backends/node';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { findPeer } from './findPeer.js';
import { forestTask } from './labels/forestTask.js';
import type { MakeLabelTask } from './labels/LabelTask.js';
import { mapTask } from './labels/mapTask.js';
import { probeTask } from './labels/probeTask.js';
import { tuningTask } from './labels/tuningTask.js';
import { measureTurns, type Turns, type TurnTime } from './measureTurns.js';
import { PeerProcess } from './PeerProcess.js';

/** One line of the benchmark, as `--json` writes it; times are those of a run, or of a step of fine-tuning. */
export interface LabelRow extends Turns {
  task: string;
  backend: string;
  threads: number;
  /** Version of Node. */
  node: string;
}

const tasks: Record<string, MakeLabelTask> = {
  'small probe, 300 × 8, 3 classes': probeTask({ rows: 300, dims: 8, classes: 3 }),
  'small forest, 300 × 8, 3 classes': forestTask({ rows: 300, dims: 8, classes: 3 }),
  'small fine-tuning': tuningTask('small', false),
  'small map, 512 × 512': mapTask('small', 512),
  'probe, 8,000 × 64, 6 classes': probeTask({ rows: 8000, dims: 64, classes: 6 }),
  'probe, 20,000 × 256, 8 classes': probeTask({ rows: 20000, dims: 256, classes: 8 }),
  'probe, 100,000 × 727, 8 classes': probeTask({ rows: 100000, dims: 727, classes: 8 }),
  'forest, 2,000 × 64, 6 classes': forestTask({ rows: 2000, dims: 64, classes: 6 }),
  'fine-tuning, [16…512] 64×64 batch 16': tuningTask('1', false),
  'fine-tuning frozen, [16…512] 64×64 batch 16': tuningTask('1', true),
  'map, 1,024 × 1,024 by [8…256]': mapTask('2', 1024),
  'map, 4,096 × 4,096 by [8…256]': mapTask('2', 4096),
};

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: '' },
    turns: { type: 'string', default: '3' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
const [turns, threads] = [decimal(options.turns), decimal(options.threads)];
if (!(turns >= 1 && threads >= 1)) throw new Error('--turns and --threads take numbers from 1 on');
const wanted = options.tasks.split(';').map((name) => name.trim());
const chosen = Object.entries(tasks).filter(
  ([name]) =>
    wanted.some((part) => name.includes(part)) &&
    name.startsWith('small') === options.tasks.includes('small'),
);
if (chosen.length === 0) throw new Error(`--tasks takes parts of: ${Object.keys(tasks).join('; ')}`);

const python = findPeer('torch, safetensors, sklearn, rasterio');
if (!python)
  console.log('No Python with PyTorch and scikit-learn: run bench/peers/setup.sh to compare with them.');
const backend = await initBackend({ device: options.backend as 'wasm', threads });
const rows: LabelRow[] = [];
for (const [name, make] of chosen) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-labels-'));
  const peer = python ? new PeerProcess(python, 'labels.py', {}) : undefined;
  try {
    const task = await make(folder);
    const measured = await measureTurns(task, peer, turns);
    rows.push({ task: name, backend: options.backend, threads, node: process.version, ...measured });
    console.log(`${name}: ${describe(measured)}`);
    if (peer) console.log(`  ${await task.check(peer)}`);
    task.dispose();
  } finally {
    await peer?.close();
    rmSync(folder, { recursive: true });
  }
}
await backend.dispose();
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

function describe({ ours, theirs, ratio, load }: Turns): string {
  if (!theirs || !ratio) return shown(ours);
  const [middle, least, most] = [ratio.median, ratio.least, ratio.most].map((one) => one.toFixed(2));
  return (
    `${shown(ours)}, the peer on ${theirs.threads} threads ${shown(theirs)}: ${middle}× (${least} to ${most}; ` +
    `load ${load.toFixed(1)})`
  );
}

function shown({ seconds, processorSeconds }: TurnTime): string {
  const time = processorSeconds === null ? '' : ` (${processorSeconds.toFixed(3)} of processors)`;
  return `${seconds.toFixed(3)} s${time}`;
}
