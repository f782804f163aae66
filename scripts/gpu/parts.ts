import { tensorSuites } from '../lib/tensorSuites.js';

/** One thing that is run on the card's machine. */
export interface Part {
  name: string;
  /** Seconds that it may take. */
  limit: number;
  /** Test files, or a benchmark of `bench/` with its arguments. */
  run: { tests: string[] } | { bench: 'train' | 'sample'; args: string[] };
}

/** What there is to run on. */
export interface Means {
  /** Whether WebGPU has a graphics processor, or may take a software adapter. */
  webgpu: boolean;
  /** Where PyTorch computes, if it is there. */
  peer: 'cuda' | 'cpu' | 'none';
  /** Small shapes, few tests: for a software adapter. */
  dryRun: boolean;
}

/** The suites, and what concerns WebGPU alone. */
const WHOLE: Record<keyof typeof tensorSuites, string[]> = {
  ...tensorSuites,
  training: [...tensorSuites.training, 'test/backends/node/webgpu.test.ts'],
};

/** What a dry run takes of the suites: a file of each kind, the quick ones. */
const DRY: Record<keyof typeof tensorSuites, string[]> = {
  trajectory: tensorSuites.trajectory,
  ops: ['test/ops/dropout.test.ts', 'test/diffusion', 'test/optimizers/AdamW.test.ts'],
  models: ['test/layers', 'test/samplers/contract.test.ts'],
  training: ['test/training/ExponentialMovingAverage.test.ts'],
};

/** What is run, the most valuable first, so that the time that is left at the end is missed least. */
export function planRun({ webgpu, peer, dryRun }: Means): Part[] {
  const tests = (name: keyof typeof tensorSuites, limit: number): Part => ({
    name,
    limit,
    run: { tests: (dryRun ? DRY : WHOLE)[name] },
  });
  const bench = (name: string, limit: number, script: 'train' | 'sample', options: string): Part => {
    // A measurement that takes long leaves time for the others.
    const common = `--backends ${webgpu ? 'webgpu' : 'none'} --peer ${peer} --limit ${Math.ceil(0.4 * limit)}`;
    return { name, limit, run: { bench: script, args: `${options} ${common}`.split(' ') } };
  };
  const train = (network: string, limit: number, steps: number) =>
    bench(`bench:train ${network}`, limit, 'train', `--networks ${network} --steps ${steps} --warm-up 5`);
  const parts = dryRun
    ? [
        tests('trajectory', 240),
        train('small', 240, 1),
        tests('ops', 120),
        tests('models', 120),
        bench('bench:sample', 150, 'sample', '--networks small --steps 3 --runs 1'),
        tests('training', 60),
      ]
    : [
        tests('trajectory', 60),
        train('1', 120, 20),
        tests('ops', 110),
        train('2', 100, 20),
        train('3', 120, 10),
        tests('models', 120),
        bench('bench:sample', 120, 'sample', '--networks 1,2 --steps 50 --runs 3'),
        tests('training', 60),
      ];
  return parts.filter(({ run }) => webgpu || ('bench' in run && peer !== 'none'));
}
