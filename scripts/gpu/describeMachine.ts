import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';

/** What a result was measured on. */
export interface Machine {
  processor: string;
  cores: number;
  memoryBytes: number;
  system: string;
  /** What `nvidia-smi` says of the first card, where it works. */
  card: Record<(typeof FIELDS)[number], string> | null;
  versions: Record<'node' | 'dawn' | 'tfjs', string>;
}

const FIELDS = [
  ...(['name', 'driver_version', 'memory.total', 'clocks.max.sm', 'clocks.max.memory'] as const),
  ...(['power.limit', 'pcie.link.gen.max'] as const),
] as const;

/** Describes this machine. */
export function describeMachine(): Machine {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string })
      .version;
  return {
    processor: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()}`,
    card: readCard(),
    versions: {
      node: process.version,
      dawn: `webgpu ${versionOf('webgpu')}`,
      tfjs: versionOf('@tensorflow/tfjs-core'),
    },
  };
}

function readCard(): Machine['card'] {
  for (const command of ['nvidia-smi', '/usr/local/nvidia/bin/nvidia-smi']) {
    const args = [`--query-gpu=${FIELDS.join()}`, '--format=csv,noheader'];
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
    if (status !== 0) continue;
    const values = stdout
      .trim()
      .split('\n')[0]
      .split(/\s*,\s*/);
    return Object.fromEntries(FIELDS.map((field, i) => [field, values[i]])) as Machine['card'];
  }
  return null;
}
