/** Times a training step of the three networks in turns with PyTorch, several rounds on two threads. See README.md. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { listItems } from '../examples/trainer/src/config/listItems.js';
import { median } from './median.js';
import { findNetwork, networkName, networks } from './networks.js';
import { type NotStarted, runChild, runPeer } from './runMeasurement.js';
import { torchPeer } from './torchPeer.js';
import type { Measurement } from './trainChild.js';

/** Seconds a step in one round. */
interface Round {
  network: number;
  node: string;
  seconds: Record<string, number>;
}

const THREADS = 2;

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: '1,2,3' },
    backends: { type: 'string', default: 'wasm,node' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
const peer = torchPeer('cpu');
if (!peer) process.exit(1);
const backends = listItems(options.backends);
// Rounds that a file has already are kept, so that they need not follow each other in one hour.
const rounds: Round[] =
  options.json && existsSync(options.json) ? JSON.parse(readFileSync(options.json, 'utf8')) : [];
for (let i = 0; i < decimal(options.rounds); i++) {
  for (const name of listItems(options.networks)) await measureRound(name);
}
for (const name of listItems(options.networks)) report(Number(name));

async function measureRound(name: string): Promise<void> {
  const network = findNetwork(networks, name)!;
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-rounds-'));
  try {
    await runChild('trainChild.ts', ['prepare', name, folder]);
    const batch = path.join(folder, 'batch.safetensors');
    const counts = { steps: options.steps, 'warm-up': 1, threads: THREADS };
    const theirs = await runPeer<Measurement>(peer!, 'train_step.py', network, { folder, batch, ...counts });
    const seconds: Record<string, number> = { pytorch: theirs.secondsPerStep };
    for (const backend of backends) {
      const args = [
        'measure',
        name,
        folder,
        backend,
        THREADS,
        options.steps,
        1,
        false,
        Number.POSITIVE_INFINITY,
      ];
      const ours = await runChild<Measurement | NotStarted>('trainChild.ts', args);
      if ('notStarted' in ours) throw new Error(`${backend} does not start: ${ours.notStarted}`);
      seconds[backend] = ours.secondsPerStep;
    }
    rounds.push({ network: Number(name), node: process.version, seconds });
    if (options.json) writeFileSync(options.json, `${JSON.stringify(rounds, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(number: number): void {
  const own = rounds.filter(({ network }) => network === number);
  const theirs = median(own.map(({ seconds }) => seconds.pytorch));
  console.log(`\n${networkName(networks[number - 1])}, ${own.length} rounds, PyTorch ${theirs.toFixed(3)} s`);
  for (const backend of backends) {
    const known = own.filter(({ seconds }) => backend in seconds);
    const percent = known.map(({ seconds }) => (100 * seconds.pytorch) / seconds[backend]);
    const ours = median(known.map(({ seconds }) => seconds[backend]));
    const [least, most] = [Math.min(...percent), Math.max(...percent)].map((value) => value.toFixed(0));
    console.log(`  ${backend} ${ours.toFixed(3)} s: ${median(percent).toFixed(0)} % (${least} to ${most})`);
  }
}
