/**
 * Runs the tests of operations, models and the trainer on every backend that starts here, one line a backend:
 * how many passed, or why it was skipped.
 *
 * Usage: tsx scripts/testBackends.ts [--backends wasm,node,webgpu] [--require node,webgpu]
 *
 * `node` needs `npm run setup:tfjs-node` first. `webgpu` runs on a graphics processor, or on SwiftShader as Debian's
 * packages chromium and libvulkan1 bring it. What `--require` names fails where it does not start.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import type { BackendName, StartedBackend } from '../src/backends/StartedBackend.js';
import { root } from './lib/root.js';

const OPS = ['test/ops', 'test/diffusion', 'test/optimizers', 'test/models/trajectory.test.ts'];
const TRAINER = ['test/training', 'test/examples/moveBetweenBackends.test.ts'];
const MODELS = ['test/layers', 'test/models', 'test/losses', 'test/samplers', 'test/interop'];

/** The tests of each backend (the browser's are `test/page`); on a software adapter of WebGPU those with small shapes. */
const suites: Partial<Record<BackendName, readonly string[]>> = {
  wasm: [...OPS, ...MODELS, ...TRAINER],
  node: [...OPS, ...MODELS, ...TRAINER],
  webgpu: [...OPS, ...TRAINER, 'test/backends/node/webgpu.test.ts'],
};

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const { values: options } = parseArgs({
  options: {
    backends: { type: 'string', default: 'wasm,node,webgpu' },
    require: { type: 'string', default: 'wasm' },
  },
});
const required = options.require.split(',');
const folder = mkdtempSync(path.join(tmpdir(), 'test-backends-'));
try {
  for (const name of options.backends.split(',') as BackendName[]) {
    if (!suites[name]) throw new Error(`--backends takes ${Object.keys(suites).join(', ')}, not '${name}'`);
    testBackend(name, suites[name]);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function testBackend(name: BackendName, files: readonly string[]): void {
  const here = start(name, {});
  const software = name === 'webgpu' && !here.started && existsSync(SWIFTSHADER);
  const { env, started, reason } = software ? start(name, swiftShader()) : here;
  if (!started) {
    console.log(`${name.padEnd(8)}skipped: ${reason}`);
    if (required.includes(name)) process.exitCode = 1;
    return;
  }
  const begun = performance.now();
  const report = path.join(folder, `${name}.json`);
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  // A software adapter takes minutes for what others do in seconds, and each worker would start its own.
  const patience = started.adapter?.software ? ['--testTimeout=900000', '--maxWorkers=2'] : [];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project=stock', ...patience, '--reporter=json', `--outputFile=${report}`, ...files],
    { cwd: root, env: { ...env, TEST_BACKEND: name }, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  if (!existsSync(report)) {
    console.log(`${name.padEnd(8)}the tests do not run\n${stdout}${stderr}`);
    process.exitCode = 1;
    return;
  }
  const result = JSON.parse(readFileSync(report, 'utf8')) as TestReport;
  const failures = failuresOf(result);
  const on = started.adapter ? `, on ${started.adapter.description || started.adapter.architecture}` : '';
  console.log(
    `${name.padEnd(8)}${result.numPassedTests} passed, ${failures.length} failed (${seconds} s${on}; ${started.build})`,
  );
  for (const failure of failures) console.log(stripVTControlCharacters(`  ${failure}`));
  if (failures.length > 0 || result.numPassedTests === 0) process.exitCode = 1;
}

/** The parts of vitest's report that are read. */
interface TestReport {
  numPassedTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/** A file that does not load counts as a failure too. */
function failuresOf({ testResults }: TestReport): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${path.relative(root, name)}: ${message}`];
    return failed.map(
      (test) => `${path.relative(root, name)}: ${test.fullName}\n    ${test.failureMessages[0]}`,
    );
  });
}

interface Start {
  env: NodeJS.ProcessEnv;
  started?: Pick<StartedBackend, 'build' | 'adapter'>;
  reason?: string;
}

/** Starts a backend in a process of its own, with these variables added. */
function start(device: BackendName, variables: Record<string, string>): Start {
  const env = { ...process.env, ...variables };
  const program = `
    import { initBackend } from './src/backends/node/initBackend.ts';
    const print = (value) => console.log(JSON.stringify(value));
    try {
      const { build, adapter, dispose } = await initBackend({ device: '${device}', allowSoftware: true });
      print({ started: { build, adapter } });
      await dispose();
    } catch ({ message }) {
      print({ reason: message.replace('initBackend: ', '') });
    }`;
  const tsx = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout, stderr, status } = spawnSync(process.execPath, tsx, { cwd: root, env, encoding: 'utf8' });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (line.startsWith('{')) return { env, ...(JSON.parse(line) as Omit<Start, 'env'>) };
  return { env, reason: `its process ended with ${status}: ${stderr.trim().split('\n').at(-1)}` };
}

/** What makes Dawn find the software adapter of Debian's chromium, and the Vulkan loader that lies beside it. */
function swiftShader(): Record<string, string> {
  const libraries = path.dirname(SWIFTSHADER);
  const { LD_LIBRARY_PATH } = process.env;
  return {
    VK_ICD_FILENAMES: SWIFTSHADER,
    XDG_RUNTIME_DIR: folder,
    LD_LIBRARY_PATH: LD_LIBRARY_PATH ? `${LD_LIBRARY_PATH}:${libraries}` : libraries,
  };
}
