import { build } from 'esbuild';
import { listFiles, root } from '../lib/root.js';
import { tensorSuites } from '../lib/tensorSuites.js';

/** What Node runs on the card's machine by itself, without vitest. */
export const programs = [
  ...['bench/train.ts', 'bench/sample.ts', 'bench/trainChild.ts', 'bench/sampleChild.ts'],
  ...['scripts/gpu/run.ts', 'scripts/gpu/probeAdapter.ts'],
];

/** Packages that the tests and benchmarks of tensors import, by way of whatever files of this repository. */
export async function importedPackages(): Promise<string[]> {
  const suites = Object.values(tensorSuites).flat();
  const tests = listFiles('test', '.test.ts').filter((file) =>
    suites.some((suite) => file.startsWith(suite)),
  );
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...tests, ...programs],
    outdir: 'unused',
    write: false,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) =>
    output.imports.map((each) => each.path),
  );
  const names = imports
    .filter((name) => !name.startsWith('node:'))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(names)].filter((name) => name !== 'diffusion-ssl').sort();
}
