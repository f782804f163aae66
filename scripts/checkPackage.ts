/**
 * Looks at the packed tarball as its users see it: its files and metadata, its entries and types in an empty project,
 * first with the required peers alone, then with the optional ones of a Node trainer, and pages bundled with what
 * README.md tells to install. `--tarball FILE` takes a tarball; otherwise the up-to-date build in dist/ is packed.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import lockfile from '../package-lock.json' with { type: 'json' };
import { ownBundlers, tryBundler } from './lib/bundlers.js';
import { ConsumerProject } from './lib/ConsumerProject.js';
import { finish } from './lib/finish.js';
import { manifest, publicEntries } from './lib/publicEntries.js';
import { root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const { values: options } = parseArgs({ options: { tarball: { type: 'string' } } });
const project = new ConsumerProject(options.tarball);
const installed = (...parts: string[]) => project.path('node_modules', manifest.name, ...parts);
const problems: string[] = [];
const specifiers = publicEntries.map((entry) => entry.specifier);

function peers(optional: boolean, wanted = (_name: string) => true): string[] {
  return Object.entries(manifest.peerDependencies)
    .filter(([name]) => (manifest.peerDependenciesMeta[name]?.optional ?? false) === optional && wanted(name))
    .map(([name, range]) => `${name}@${range}`);
}

/** Every file that `exports` names is there, and the whole license; the lockfile has the version that is packed. */
function checkFiles(): void {
  const { version } = manifest;
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  for (const file of targets) {
    if (!existsSync(installed(file))) problems.push(`the tarball has no ${file}, which package.json exports`);
  }
  const license = readFileSync(installed('LICENSE'), 'utf8');
  if (!/TERMS AND CONDITIONS.*APPENDIX.*limitations under the License/s.test(license))
    problems.push('LICENSE is not the whole text of the Apache License 2.0');
  const packed = (JSON.parse(readFileSync(installed('package.json'), 'utf8')) as typeof manifest).version;
  for (const [where, found] of Object.entries({
    'the tarball': packed,
    'package-lock.json': lockfile.version,
    'the packages of package-lock.json': lockfile.packages[''].version,
  })) {
    if (found !== version) problems.push(`${where} has the version ${found}, package.json ${version}`);
  }
}

/** Runs a program of this repository's node_modules on the tarball. */
function lint(program: string, ...options: readonly string[]): void {
  try {
    runCommand(
      process.execPath,
      [path.join(root, 'node_modules', program), project.tarball, ...options],
      root,
    );
  } catch (error) {
    problems.push((error as Error).message);
  }
}

/** Runs `body` as the main module of a fresh process in the project; what it prints are problems. */
function probe(body: string): void {
  project.write('probe.mjs', body);
  const output = runCommand(process.execPath, ['probe.mjs'], project.folder).trim();
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
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts', 'entries.ts'] }));
  try {
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    runCommand(process.execPath, [compiler, '-p', '.'], project.folder);
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
  lint('publint/src/cli.js', '--strict');
  lint('@arethetypeswrong/cli/dist/index.js', '--profile', 'esm-only');

  project.install(project.tarball, ...peers(false));
  checkFiles();
  for (const specifier of specifiers) probeImport(specifier);

  project.install(...project.readmePackages());
  const modules = path.join(root, 'node_modules');
  problems.push(...ownBundlers.flatMap((bundler) => tryBundler(project, bundler, modules, true)));

  project.install(`@types/node@${manifest.devDependencies['@types/node']}`);
  copyFileSync(path.join(root, 'scripts/package/consumer.ts'), project.path('consumer.ts'));
  const imports = specifiers.map((specifier, i) => `import * as entry${i} from '${specifier}';\n`).join('');
  const list = specifiers.map((_, i) => `entry${i}`).join(', ');
  project.write('entries.ts', `${imports}export const entries = [${list}];\n`);
  compileConsumer('nodenext');
  compileConsumer('bundler');
} finally {
  project.remove();
}

finish(
  problems,
  `${specifiers.length} entries of the tarball import, bundle and type-check; publint and attw agree`,
);
