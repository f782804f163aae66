/**
 * Runs the tests of operations, models and the trainer on every backend that starts here, and the page's in Chromium,
 * one line each: how many passed, or why it was skipped.
 *
 * Usage: tsx scripts/testBackends.ts [--backends wasm,node,webgpu,browser] [--require node,browser] [--reports FOLDER]
 *
 * `node` needs `npm run setup:tfjs-node` first. `webgpu` runs on a graphics processor, or on SwiftShader as Debian's
 * packages chromium and libvulkan1 bring it; `browser` needs chromium. What `--require` names fails where it does not
 * start. `--reports` keeps vitest's report of each backend.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { listItems } from '../examples/trainer/src/config/listItems.js';
import type { BackendName, StartedBackend } from '../src/backends/StartedBackend.js';
import { chromiumPath } from '../test/page/support/chromium.js';
import { readTestReport } from './lib/readTestReport.js';
import { root } from './lib/root.js';
import { tensorSuites } from './lib/tensorSuites.js';

const OPS = [...tensorSuites.ops, ...tensorSuites.trajectory];
const TRAINER = [...tensorSuites.training, 'examples/trainer/test/moveBetweenBackends.test.ts'];
const MODELS = tensorSuites.models;

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** What is tested, and how: a process's variables and vitest's arguments, or why not. */
type Suite = { env?: NodeJS.ProcessEnv; args: string[]; on: string } | { skipped: string };

/** The suites; on a software adapter of WebGPU those with small shapes. */
const suites: Record<string, () => Suite> = {
  wasm: () => tensorSuite('wasm', [...OPS, ...MODELS, ...TRAINER]),
  node: () => tensorSuite('node', [...OPS, ...MODELS, ...TRAINER]),
  webgpu: () => tensorSuite('webgpu', [...OPS, ...TRAINER, 'test/backends/node/webgpu.test.ts']),
  browser: browserSuite,
};

const { values: options } = parseArgs({
  options: {
    backends: { type: 'string', default: Object.keys(suites).join() },
    require: { type: 'string', default: '' },
    reports: { type: 'string' },
  },
});
const chosen = listItems(options.backends);
const required = options.require === '' ? [] : listItems(options.require);
for (const [option, names, known] of [
  ['backends', chosen, Object.keys(suites)],
  ['require', required, chosen],
] as const) {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--${option} takes ${known.join(', ')}, not '${unknown}'`);
}
const temporary = mkdtempSync(path.join(tmpdir(), 'test-backends-'));
const folder = path.resolve(options.reports ?? temporary);
mkdirSync(folder, { recursive: true });
try {
  for (const name of chosen) test(name, suites[name]());
} finally {
  rmSync(temporary, { recursive: true });
}

/** Runs a suite and prints its line, and the failures. */
function test(name: string, suite: Suite): void {
  const print = (text: string) => console.log(`${name.padEnd(9)}${text}`);
  if ('skipped' in suite) {
    print(`skipped: ${suite.skipped}`);
    if (name === 'wasm' || required.includes(name)) process.exitCode = 1;
    return;
  }
  const begun = performance.now();
  const report = path.join(folder, `${name}.json`);
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--reporter=json', `--outputFile=${report}`, ...suite.args],
    { cwd: root, env: suite.env, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  if (!existsSync(report)) {
    print(`the tests do not run\n${stdout}${stderr}`);
    process.exitCode = 1;
    return;
  }
  const { passed, failures } = readTestReport(report);
  print(`${passed} passed, ${failures.length} failed (${seconds} s, on ${suite.on})`);
  for (const failure of failures) console.log(`  ${failure}`);
  if (failures.length > 0 || passed === 0) process.exitCode = 1;
}

/** These tests on a backend in Node. */
function tensorSuite(name: BackendName, files: string[]): Suite {
  const here = start(name, {});
  const software = name === 'webgpu' && !here.started && existsSync(SWIFTSHADER);
  const { env, started, reason } = software ? start(name, swiftShader()) : here;
  if (!started) return { skipped: reason ?? '' };
  const { adapter, build } = started;
  // A software adapter takes minutes for what others do in seconds.
  const patience = adapter?.software ? ['--testTimeout=900000'] : [];
  return {
    env: { ...env, TEST_BACKEND: name },
    args: ['--project=stock', ...patience, ...files],
    on: adapter ? `${adapter.description || adapter.architecture}; ${build}` : build,
  };
}

/** The page's tests. */
function browserSuite(): Suite {
  if (!chromiumPath) return { skipped: 'no Chromium (apt-get install chromium, or name one in CHROMIUM)' };
  const version = spawnSync(chromiumPath, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) return { skipped: `${chromiumPath} does not start: ${version.stderr?.trim()}` };
  const build = spawnSync('npm', ['run', '--silent', 'build:page'], { cwd: root, encoding: 'utf8' });
  if (build.status !== 0) throw new Error(`the page does not build\n${build.stdout}${build.stderr}`);
  return { args: ['--config', 'test/page/vitest.config.ts'], on: version.stdout.trim() };
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
    XDG_RUNTIME_DIR: temporary,
    LD_LIBRARY_PATH: LD_LIBRARY_PATH ? `${LD_LIBRARY_PATH}:${libraries}` : libraries,
  };
}
