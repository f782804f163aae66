/** Times networks of diffusers on wasm and tfjs-node beside diffusers in PyTorch. See README.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readSafetensors } from 'diffusion-ssl/interop';
import { listItems } from '../examples/trainer/src/config/listItems.js';
import { diffusersTasks, type MeasuredTask } from './diffusersTasks.js';
import { runJson } from './runJson.js';
import { measureBackends, type NotStarted, runChild } from './runMeasurement.js';
import { torchPeer } from './torchPeer.js';

/** Results in float32 further apart than this part of the largest value come from different networks. */
const AGREEMENT = 1e-3;

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: diffusersTasks.map((_, i) => i + 1).join() },
    backends: { type: 'string', default: 'wasm,node' },
    steps: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1,2' },
    json: { type: 'string' },
  },
});
const peer = torchPeer('cpu');
const rows: object[] = [];
for (const number of listItems(options.tasks)) rows.push(...(await measureTask(Number(number) - 1)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureTask(index: number): Promise<object[]> {
  const task = diffusersTasks[index];
  if (!task) throw new Error(`--tasks takes numbers from 1 to ${diffusersTasks.length}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-diffusers-'));
  try {
    const { parameters } = await runChild<{ parameters: number }>('diffusersChild.ts', [
      'prepare',
      index,
      folder,
    ]);
    const title = `${task.name}, ${task.what}, ${task.batch} × ${task.size}²`;
    console.log(`\n${title}, ${(parameters / 1e6).toFixed(1)} million parameters`);
    const description = path.join(folder, 'task.json');
    writeFileSync(description, JSON.stringify(task));
    const measured = await measureBackends<MeasuredTask>(
      [...(peer ? ['pytorch'] : []), ...listItems(options.backends)],
      'cpu',
      ({ backend, threads }) => {
        if (backend !== 'pytorch') {
          const args = ['measure', index, folder, backend, threads, options.steps];
          return runChild<MeasuredTask | NotStarted>('diffusersChild.ts', args);
        }
        const script = path.join(import.meta.dirname, 'peers', 'diffusers_step.py');
        const args = ['--task', description, '--threads', String(threads), '--steps', options.steps];
        return runJson<MeasuredTask>(peer!, ['-B', script, ...args], {});
      },
      listItems(options.threads).map(Number),
    );
    const peers = measured.filter(({ backend }) => backend === 'pytorch');
    const peerSeconds = Math.min(...peers.map(({ secondsPerStep }) => secondsPerStep));
    return measured.map(({ backend, threads, node, secondsPerStep, peakMemoryBytes, ...rest }) => {
      const { processorSecondsPerStep } = rest;
      const ratioToPyTorch = peers.length > 0 ? peerSeconds / secondsPerStep : null;
      const error =
        peers.length > 0 ? errorOf(folder, `${backend}-${threads}`, `pytorch-${peers[0].threads}`) : 0;
      const share = ratioToPyTorch === null ? '' : `${(100 * ratioToPyTorch).toFixed(0)} % of PyTorch`;
      const cost = `${secondsPerStep.toFixed(3)} s, ${processorSecondsPerStep.toFixed(3)} s of processors`;
      console.log(`  ${backend.padEnd(8)} ${threads} threads  ${cost}  ${share}`);
      if (!(error <= AGREEMENT))
        throw new Error(`${backend}: ${error} of the largest value from PyTorch's result`);
      return {
        task: title,
        parameters,
        backend,
        threads,
        node,
        secondsPerStep,
        processorSecondsPerStep,
        peakMemoryBytes,
        ratioToPyTorch,
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How far a backend's first result lies from PyTorch's, as a part of the largest value. */
function errorOf(folder: string, ...names: [backend: string, peer: string]): number {
  const read = (name: string) =>
    readSafetensors(readFileSync(path.join(folder, `result-${name}.safetensors`))).tensors.get('result')!
      .data as Float32Array;
  const [actual, expected] = names.map(read);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i])), 0) / largest;
}
