import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ConsumerProject } from './ConsumerProject.js';
import { runCommand } from './runCommand.js';

/** How a stranger bundles a page with one script, `NAME.js`, into `out/NAME`. */
export interface Bundler {
  name: string;
  /** What is installed for it. */
  packages: readonly string[];
  /** Its program. */
  program: string;
  arguments(name: string): string[];
  /** What lies beside the script. */
  files?(name: string): Record<string, string>;
  /** The file that holds the script, below `out/NAME`. Without it the size is not looked at. */
  script?(name: string): RegExp;
  /** Whether Node can run that file. */
  runsInNode?: true;
}

const esbuild: Bundler = {
  name: 'esbuild',
  packages: ['esbuild'],
  program: 'esbuild',
  arguments: (name) => [
    `${name}.js`,
    '--bundle',
    '--minify',
    '--format=esm',
    '--splitting',
    `--outdir=out/${name}`,
  ],
  script: (name) => new RegExp(`^${name}\\.js$`),
  runsInNode: true,
};

const vite: Bundler = {
  name: 'vite',
  packages: ['vite'],
  program: 'vite',
  arguments: (name) => ['build', '--outDir', `out/${name}`, '--logLevel', 'error'],
  files: (name) => ({
    'index.html': `<!doctype html><script type="module" src="./${name}.js"></script>`,
    'vite.config.js': 'export default { build: { modulePreload: false } };',
  }),
  script: () => /^assets\/index-.*\.js$/,
};

const webpack: Bundler = {
  name: 'webpack',
  packages: ['webpack', 'webpack-cli'],
  program: 'webpack',
  arguments: (name) => ['--mode', 'production', '--entry', `./${name}.js`, '--output-path', `out/${name}`],
  script: () => /^main\.js$/,
};

const rollup: Bundler = {
  name: 'rollup',
  packages: ['rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs', '@rollup/plugin-terser'],
  program: 'rollup',
  arguments: (name) => [
    `${name}.js`,
    '--dir',
    `out/${name}`,
    '--silent',
    ...['node-resolve', 'commonjs', 'terser'].flatMap((plugin) => ['--plugin', plugin]),
  ],
  script: (name) => new RegExp(`^${name}\\.js$`),
  runsInNode: true,
};

/** Next.js by one of its two bundlers: the script is imported by the only page. */
const next = (bundler: string): Bundler => ({
  name: `next --${bundler}`,
  packages: ['next', 'react', 'react-dom'],
  program: 'next',
  arguments: () => ['build', `--${bundler}`],
  files: (name) => ({
    'app/layout.js': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;',
    'app/page.js': `'use client';\nimport '../${name}.js';\nexport default () => <p>text</p>;`,
  }),
});

/** Those that this repository has installed itself. */
export const ownBundlers: readonly Bundler[] = [esbuild, vite];

/** All that are tried. */
export const bundlers: readonly Bundler[] = [
  ...ownBundlers,
  webpack,
  rollup,
  next('turbopack'),
  next('webpack'),
];

/** The scripts to bundle by name. */
const SCRIPTS = {
  root: `import * as all from 'diffusion-ssl';\nglobalThis.used = all;`,
  backends: `import { initBackend } from 'diffusion-ssl/backends';\nglobalThis.used = initBackend;`,
  betas: `import { makeBetaSchedule } from 'diffusion-ssl';\nglobalThis.used = makeBetaSchedule;`,
};

/** Most bytes that a bundle may have which uses `makeBetaSchedule` alone, whatever the bundler adds. */
const MOST_BYTES = 1100;

/**
 * Bundles the package in a project and returns what does not work.
 *
 * @param modules The node_modules that has the bundler's program.
 * @param optional Whether the project has the optional packages that README.md tells to install.
 */
export function tryBundler(
  project: ConsumerProject,
  bundler: Bundler,
  modules: string,
  optional: boolean,
): string[] {
  return Object.entries(SCRIPTS).flatMap(([name, script]) => {
    rmSync(project.path('out'), { recursive: true, force: true });
    mkdirSync(project.path('app'), { recursive: true });
    for (const [file, text] of Object.entries({ ...bundler.files?.(name), [`${name}.js`]: script }))
      project.write(file, text);
    try {
      runCommand(path.join(modules, '.bin', bundler.program), bundler.arguments(name), project.folder);
      if (name === 'backends' && bundler.runsInNode) return tryBackends(project, bundler.name, optional);
    } catch (error) {
      return [
        `${bundler.name} does not build ${name}.js (${script.split('\n')[0]}), or that does not run:\n` +
          (error as Error).message,
      ];
    }
    if (name !== 'betas' || !bundler.script) return [];
    const pattern = bundler.script(name);
    const file = readdirSync(project.path('out', name), { recursive: true, encoding: 'utf8' }).find((entry) =>
      pattern.test(entry),
    );
    if (file === undefined) return [`${bundler.name}: nothing in out/${name} is called ${pattern}`];
    const bytes = readFileSync(project.path('out', name, file)).byteLength;
    return bytes <= MOST_BYTES
      ? []
      : [`${bundler.name}: makeBetaSchedule from the root is ${bytes} bytes, more than ${MOST_BYTES}`];
  });
}

/** Runs the bundle of `backends`, which starts the backend in plain JavaScript, or says that its package is missing. */
function tryBackends(project: ConsumerProject, bundler: string, optional: boolean): string[] {
  const program = `
    // What TensorFlow.js knows a page by.
    Object.assign(globalThis, { window: globalThis, document: {} });
    await import('./out/backends/backends.js');
    console.log(await used({ device: 'cpu' }).then(({ name }) => name, ({ message }) => message));`;
  const args = ['--input-type=module', '--eval', program];
  const outcome = runCommand(process.execPath, args, project.folder).trim().split('\n').at(-1) ?? '';
  const expected = optional
    ? /^cpu$/
    : /tfjs-backend-cpu does not load: .*\(npm install @tensorflow\/tfjs-backend-cpu@/;
  return expected.test(outcome)
    ? []
    : [`${bundler}: initBackend({ device: 'cpu' }) of its bundle: ${outcome}`];
}
