/** Times a pass that reads a network's features on every backend that starts, and in PyTorch. See README.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSafetensors } from 'diffusion-ssl/interop';
import { type BenchRow, makeRows, type Timing } from './BenchRow.js';
import { benchOptions } from './benchOptions.js';
import { countForwardFlops } from './countForwardFlops.js';
import type { FeatureMeasurement } from './featuresChild.js';
import { formatRows } from './formatRows.js';
import { findNetwork, networkName, sampledNetworks } from './networks.js';
import { measureBackends, type NotStarted, runChild, runPeer } from './runMeasurement.js';
import { torchPeer } from './torchPeer.js';

const { counts, limit, ...options } = benchOptions(sampledNetworks, { runs: 7 });

/** Features that differ by more than this part of the largest one come from different networks. */
const agreement = 1e-3;

const peer = torchPeer(options.device);

const rows: BenchRow[] = [];
for (const name of options.networks) rows.push(...(await measureNetwork(name)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

type Measured = Timing & FeatureMeasurement & { features: Map<string, Float32Array> };

async function measureNetwork(name: string): Promise<BenchRow[]> {
  const network = findNetwork(sampledNetworks, name)!;
  const flops = countForwardFlops(network);
  console.log(`\n${networkName(network)}, ${(flops / 1e9).toFixed(1)} GFLOP a timestep`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-features-'));
  try {
    await runChild('sampleChild.ts', ['prepare', name, folder]);
    const noise = path.join(folder, 'noise.safetensors');
    const measured: Measured[] = await measureBackends(
      [...(peer ? ['pytorch'] : []), ...options.backends],
      options.device,
      async ({ backend, ...setup }) => {
        const result = path.join(folder, `${backend}-${setup.threads}-${setup.precision}.safetensors`);
        const measurement =
          backend === 'pytorch'
            ? await runPeer<FeatureMeasurement>(peer!, 'features.py', network, {
                ...{ folder, limit, noise, result },
                ...setup,
                ...counts,
              })
            : await runChild<FeatureMeasurement | NotStarted>(
                'featuresChild.ts',
                [name, folder, backend, setup.threads, counts.runs, options.allowSoftware, result],
                limit,
              );
        return 'notStarted' in measurement ? measurement : { ...measurement, features: readFeatures(result) };
      },
    );
    const networkRows = makeRows(network, measured, { flops });
    for (const line of formatRows(networkRows)) console.log(`  ${line}`);
    for (const {
      backend,
      threads,
      adapter,
      secondsPerStep,
      fillSecondsPerStep,
      cachedSecondsPerStep,
    } of measured) {
      if (fillSecondsPerStep === undefined || cachedSecondsPerStep === undefined) continue;
      const [first, plain] = [fillSecondsPerStep, secondsPerStep].map((s) =>
        (s / cachedSecondsPerStep).toFixed(1),
      );
      console.log(
        `  ${backend} (${threads ?? adapter}): from the cache ${first} times as fast as the pass that filled it, ` +
          `${plain} times as fast as without one`,
      );
    }
    checkAgreement(measured);
    return networkRows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readFeatures(file: string): Map<string, Float32Array> {
  const { tensors } = readSafetensors(readFileSync(file));
  return new Map([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
}

function checkAgreement([first, ...others]: readonly Measured[]): void {
  for (const { backend, threads, adapter, precision = 'f32', features } of others) {
    for (const [name, values] of first.features) {
      const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const other = features.get(name)!;
      const error = values.reduce((max, value, i) => Math.max(max, Math.abs(value - other[i])), 0);
      if (precision === 'f32' && !(error <= agreement * largest)) {
        throw new Error(
          `${name} of ${backend} (${threads ?? adapter}) differs by ${error}, more than ${agreement} of ${largest}`,
        );
      }
    }
  }
}
