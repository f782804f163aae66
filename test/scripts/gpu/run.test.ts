import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planRun } from '../../../scripts/gpu/parts.js';
import { ResultFolder } from '../../../scripts/gpu/ResultFolder.js';
import { runPart } from '../../../scripts/gpu/runPart.js';
import { type Findings, summarize } from '../../../scripts/gpu/summarize.js';
import { root } from '../../../scripts/lib/root.js';

const folder = mkdtempSync(path.join(tmpdir(), 'gpu-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('ResultFolder', () => {
  const make = (name: string) => new ResultFolder(path.join(folder, name), { files: 2, bytes: 100 });
  const read = (...names: string[]) => readFileSync(path.join(folder, ...names), 'utf8');

  it('writes JSON and text, again and again, and adds to text', () => {
    const results = make('a');
    results.write('x.json', { a: 1 });
    results.write('x.json', { a: 2 });
    results.append('log.txt', 'one\n');
    results.append('log.txt', 'two\n');
    expect(JSON.parse(read('a', 'x.json'))).toEqual({ a: 2 });
    expect(read('a', 'log.txt')).toBe('one\ntwo\n');
    // A second run into the same folder begins anew.
    make('a').append('log.txt', 'three\n');
    expect(read('a', 'log.txt')).toBe('three\n');
  });

  it('keeps to its number of files and their size, and says where it cuts', () => {
    const results = make('b');
    results.append('log.txt', 'x'.repeat(60));
    for (let i = 0; i < 5; i++) results.append('log.txt', 'é'.repeat(30));
    results.write('long.txt', 'y'.repeat(1000));
    for (const file of ['log.txt', 'long.txt']) {
      expect(Buffer.byteLength(read('b', file))).toBeLessThanOrEqual(100);
      expect(read('b', file)).toMatch(/[xyé]\n\[cut here: the file is full\]\n$/);
    }
    expect(() => results.write('third.json', 1)).toThrow('third.json would be file 3 of at most 2');
    expect(readdirSync(path.join(folder, 'b'))).toHaveLength(2);
  });
});

describe('runPart', () => {
  const env = process.env;

  it('tells success, failure and what does not start apart', async () => {
    let seen = '';
    const onOutput = (text: string) => {
      seen += text;
    };
    const done = await runPart('sh', ['-c', 'echo out; echo err >&2'], { env, limit: 10, onOutput });
    expect(done).toMatchObject({ status: 'done', code: 0, stdout: 'out\n', stderr: 'err\n' });
    expect(seen.split('\n').sort()).toEqual(['', 'err', 'out']);
    expect(await runPart('sh', ['-c', 'exit 3'], { env, limit: 10 })).toMatchObject({
      status: 'failed',
      code: 3,
    });
    const killed = await runPart('sh', ['-c', 'kill -SEGV $$'], { env, limit: 10 });
    expect(killed).toMatchObject({ status: 'failed', code: 'SIGSEGV' });
    const missing = await runPart('/no/such/program', [], { env, limit: 10 });
    expect(missing).toMatchObject({ status: 'failed', code: expect.stringContaining('ENOENT') });
  });

  it('ends what takes too long, with all that it started', async () => {
    const alive = path.join(folder, 'alive');
    const script = `(sleep 2; touch ${alive}) & sleep 60`;
    const end = await runPart('sh', ['-c', script], { env, limit: 0.5 });
    expect(end).toMatchObject({ status: 'out of time', code: 'SIGKILL' });
    expect(end.seconds).toBeLessThan(1.9);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(existsSync(alive)).toBe(false);
  });
});

describe('planRun', () => {
  const names = (means: Parameters<typeof planRun>[0]) => planRun(means).map(({ name }) => name);
  const means = { webgpu: true, peer: 'cuda' as const, dryRun: false };

  it('begins with what is worth most', () => {
    expect(names(means).slice(0, 3)).toEqual(['trajectory', 'bench:train 1', 'ops']);
    expect(names({ ...means, dryRun: true })).toContain('bench:train small');
  });

  it('names files that exist', () => {
    for (const dryRun of [true, false]) {
      const files = planRun({ ...means, dryRun }).flatMap(({ run }) => ('tests' in run ? run.tests : []));
      expect(files.length).toBeGreaterThan(5);
      expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
    }
  });

  it('measures PyTorch alone where WebGPU has nothing to run on, and nothing without both', () => {
    const parts = planRun({ ...means, webgpu: false });
    expect(parts.map(({ name }) => name)).toEqual([
      'bench:train 1',
      'bench:train 2',
      'bench:train 3',
      'bench:sample',
    ]);
    for (const { run } of parts) {
      const { args } = run as { args: string[] };
      expect(args[args.indexOf('--backends') + 1]).toBe('none');
      expect(args[args.indexOf('--peer') + 1]).toBe('cuda');
    }
    expect(names({ ...means, webgpu: false, peer: 'none' })).toEqual([]);
  });
});

describe('summarize', () => {
  it('names card, driver, versions and date, what failed and what was measured', () => {
    const row = {
      secondsPerStep: 0.5,
      imagesPerSecond: 16,
      gflops: 26,
      peakMemoryBytes: 7e6,
      ratioToPyTorch: 0.5,
    };
    const findings: Findings = {
      date: '2026-11-27T00:00:00.000Z',
      dryRun: false,
      tree: 'commit abc',
      machine: {
        processor: 'Xeon',
        cores: 16,
        memoryBytes: 1,
        system: 'Linux 6',
        card: {
          ...{ name: 'NVIDIA H100', driver_version: '580.1', 'memory.total': '81559 MiB', 'power.limit': '' },
          ...{ 'clocks.max.sm': '', 'clocks.max.memory': '', 'pcie.link.gen.max': '' },
        },
        versions: { node: 'v24.1.0', dawn: 'webgpu 0.6.2', tfjs: '4.22.0' },
      },
      python: { command: 'python3', torch: '2.11.0', cuda: '13.0', cudnn: 91900, card: 'NVIDIA H100' },
      verdict: { kind: 'card', text: 'NVIDIA' },
      parts: [{ name: 'ops', status: 'failed', seconds: 12.34, note: '5 passed, 1 failed' }],
      tests: { ops: { passed: 5, skipped: 0, failures: ['test/ops/a.test.ts: adds\n    wrong'] } },
      training: [
        {
          ...{
            ...row,
            network: 'small',
            backend: 'webgpu',
            adapter: 'NVIDIA H100',
            software: false,
            precision: 'f32',
          },
          ...{ threads: null, node: 'v24.1.0', gpuMemoryBytes: 5 },
        },
      ],
      sampling: [],
    };
    const page = summarize(findings);
    for (const text of [
      '2026-11-27',
      'NVIDIA H100, driver 580.1, 81559 MiB',
      'v24.1.0',
      'PyTorch 2.11.0',
      'commit abc',
    ])
      expect(page).toContain(text);
    expect(page).toContain('| ops | failed | 12.3 | 5 passed, 1 failed |');
    expect(page).toContain('- ops: test/ops/a.test.ts: adds     wrong');
    expect(page).toMatch(/## Training step\n\n```text\nsmall\n {2}backend .*\n {2}webgpu .*NVIDIA H100\n```/);
    expect(page).not.toContain('sampler');
  });
});

describe('run.sh', () => {
  const tree = path.join(folder, 'tree');
  const run = (PATH = process.env.PATH) => {
    const script = path.join(tree, 'scripts/gpu/run.sh');
    const { status, stderr } = spawnSync('/bin/sh', [script], {
      encoding: 'utf8',
      env: { PATH, TMPDIR: folder },
    });
    return { status, stderr };
  };
  beforeAll(() => {
    mkdirSync(path.join(tree, 'scripts'), { recursive: true });
    cpSync(path.join(root, 'scripts/gpu'), path.join(tree, 'scripts/gpu'), { recursive: true });
  });

  it('says that the pack, a part of it, or what unpacks it is missing, and leaves nothing behind', () => {
    expect(run()).toEqual({
      status: 2,
      stderr: expect.stringMatching(/there is no pack .*npm run gpu:pack/),
    });
    mkdirSync(path.join(tree, '.gpu/part-1'), { recursive: true });
    writeFileSync(path.join(tree, '.gpu/part-1/archives'), 'part-2/modules.tar.xz\n');
    expect(run()).toEqual({
      status: 2,
      stderr: expect.stringMatching(/part-2\/modules\.tar\.xz is missing/),
    });
    mkdirSync(path.join(tree, '.gpu/part-2'));
    writeFileSync(path.join(tree, '.gpu/part-2/modules.tar.xz'), 'no archive');
    expect(run()).toEqual({ status: 2, stderr: expect.stringMatching(/modules\.tar\.xz does not unpack/) });
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['date', 'dirname', 'mktemp', 'rm', 'tar']) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${name} "$@"\n`, {
        mode: 0o755,
      });
    }
    expect(run(bin)).toEqual({ status: 2, stderr: expect.stringContaining('takes xz or python3') });
    expect(readdirSync(folder).filter((name) => /^gpu-\w+$/.test(name))).toEqual([]);
  });
});
