import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A trainer to run as a process, on a build of the package of its own. */
export interface Trainer {
  /** Starts the trainer, or another example in a folder, with these arguments; its output is collected. */
  start(args: readonly string[], options?: StartOptions): TrainerProcess;
  /**
   * The same through npm and a shell, in a terminal of its own. Lines written to its standard input say what happens in
   * the terminal, see terminal.py.
   */
  startInTerminal(args: readonly string[]): TrainerProcess;
  /** Removes the build. */
  close(): void;
}

/** How a process of the trainer is started. */
export interface StartOptions {
  /** Another example. */
  script?: string;
  cwd?: string;
  /** A module that Node loads first. */
  preload?: string;
  env?: Record<string, string>;
}

/** One process of the trainer. */
export interface TrainerProcess {
  child: ChildProcess;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/**
 * Builds the package into a folder of its own, so that neither `dist/` need be there nor a build of it under way is
 * disturbed, and points the example's imports of the package there.
 */
export function buildTrainer(): Trainer {
  const cache = path.join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'trainer-'));
  const build = [
    'node_modules/tsup/dist/cli-default.js',
    '--no-dts',
    '--silent',
    '--out-dir',
    `${folder}/dist`,
  ];
  const { status, stderr, stdout } = spawnSync(process.execPath, build, { cwd: root, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`the package cannot be built for the trainer's tests:\n${stdout}${stderr}`);
  const scripts = { pretrain: `true && node --import ${tsx} ${root}/examples/pretrain-nicfi.ts` };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', scripts }));
  const tsconfig = path.join(folder, 'tsconfig.json');
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    paths: { 'diffusion-ssl/*': [`${folder}/dist/*/index.js`] },
  };
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, include: [`${root}/examples`] }));
  const start = (
    command: string,
    args: readonly string[],
    { cwd = root, env = {} }: StartOptions,
  ): TrainerProcess => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env, TSX_TSCONFIG_PATH: tsconfig } });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, ...output }));
    });
    return { child, ended };
  };
  return {
    start(args, options = {}) {
      const { script = 'pretrain-nicfi.ts', preload } = options;
      const first = preload ? ['--import', preload] : [];
      const program = ['--import', tsx, path.join(root, 'examples', script)];
      return start(process.execPath, [...first, ...program, ...args], options);
    },
    startInTerminal(args) {
      const terminal = path.join(root, 'test/support/terminal.py');
      return start('python3', [terminal, 'npm', 'run', 'pretrain', '--', ...args], { cwd: folder });
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
