/**
 * Installs the packed tarball in an empty project, as a user would: first with the required peers alone
 * (every entry must import, the root must start no backend), then with the optional ones of a Node trainer,
 * where a TypeScript project compiles against the published types. Needs an up-to-date build in dist/.
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finish } from './lib/finish.js';
import { manifest, publicEntries } from './lib/publicEntries.js';
import { root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const project = mkdtempSync(path.join(tmpdir(), 'diffusion-ssl-package-'));
const problems: string[] = [];
const specifiers = publicEntries.map((entry) => entry.specifier);

function peers(optional: boolean, wanted = (_name: string) => true): string[] {
  return Object.entries(manifest.peerDependencies)
    .filter(([name]) => (manifest.peerDependenciesMeta[name]?.optional ?? false) === optional && wanted(name))
    .map(([name, range]) => `${name}@${range}`);
}

function install(packages: readonly string[]): void {
  runCommand(
    'npm',
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...packages],
    project,
  );
}

/** Runs `body` as the main module of a fresh process in the project; what it prints are problems. */
function probe(body: string): void {
  writeFileSync(path.join(project, 'probe.mjs'), body);
  const output = runCommand(process.execPath, ['probe.mjs'], project).trim();
  if (output !== '') problems.push(output);
}

/** Imports `specifier` alone and complains unless it exports something and tfjs has no backend started. */
function probeImport(specifier: string): void {
  probe(`
    import * as tf from '@tensorflow/tfjs-core';
    const known = Object.keys(tf.engine().registryFactory);
    try {
      const names = Object.keys(await import('${specifier}'));
      if (names.length === 0) console.log('${specifier} exports nothing');
    } catch (error) {
      console.log('${specifier} does not import in Node: ' + error.message);
    }
    const added = Object.keys(tf.engine().registryFactory).filter((name) => !known.includes(name));
    const started = Object.keys(tf.engine().registry);
    if ('${specifier}' === '${manifest.name}' && added.length > 0) console.log('the root registers ' + added);
    if (started.length > 0) console.log('${specifier} starts ' + started);
  `);
}

function compileConsumer(moduleResolution: 'bundler' | 'nodenext'): void {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'preserve',
    moduleResolution,
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(
    path.join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts', 'entries.ts'] }),
  );
  try {
    runCommand(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], project);
  } catch (error) {
    // tfjs-layers' own declarations do not pass strict checking: errors inside the peers are theirs.
    const errors = (error as Error).message.match(/^(\S+\(\d+,\d+\): )?error TS.*$/gm) ?? [
      (error as Error).message,
    ];
    const ours = errors.filter((text) => !/^node_modules\/(?!diffusion-ssl\/)/.test(text));
    problems.push(...ours.map((text) => `With moduleResolution ${moduleResolution}: ${text}`));
  }
}

try {
  runCommand('npm', ['pack', '--ignore-scripts', '--pack-destination', project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack wrote no tarball');
  writeFileSync(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );

  install([`./${tarball}`, ...peers(false)]);
  for (const specifier of specifiers) probeImport(specifier);

  install([
    ...peers(true, (name) => /wasm|geotiff/.test(name)),
    `@types/node@${manifest.devDependencies['@types/node']}`,
  ]);
  copyFileSync(path.join(root, 'scripts/package/consumer.ts'), path.join(project, 'consumer.ts'));
  const imports = specifiers.map((specifier, i) => `import * as entry${i} from '${specifier}';\n`).join('');
  const list = specifiers.map((_, i) => `entry${i}`).join(', ');
  writeFileSync(path.join(project, 'entries.ts'), `${imports}export const entries = [${list}];\n`);
  compileConsumer('nodenext');
  compileConsumer('bundler');
} finally {
  rmSync(project, { recursive: true, force: true });
}

finish(
  problems,
  `${specifiers.length} entries import from the packed tarball and type-check in two projects`,
);
