/**
 * Compiles the AssemblyScript of the package, each module as base64 in a TypeScript file of its own, so that Node,
 * browsers and bundlers load the one they need alike: the kernels of `src/kernels/wasm/assembly` in four variants, and
 * what decodes pixels, of `src/data/assembly`. Does nothing when they are newer than the sources.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { listFiles, root } from './lib/root.js';

const kernels = 'src/kernels/wasm';
const data = 'src/data';

interface Module {
  /** Path of the TypeScript file that it becomes. */
  output: string;
  entries: string[];
  options: string[];
}

function kernelVariant(variant: string): Module {
  const threads = variant.startsWith('threads');
  return {
    output: `${kernels}/generated/${variant}.ts`,
    entries: [`${kernels}/assembly/index.ts`, ...(threads ? [`${kernels}/assembly/pool.ts`] : [])],
    options: [
      ...['--importMemory', '--noExportMemory', '--maximumMemory', '65536'],
      ...(threads ? ['--enable', 'threads', '--sharedMemory'] : []),
      ...(variant.endsWith('Relaxed') ? ['--enable', 'relaxed-simd'] : []),
    ],
  };
}

const modules: Module[] = [
  ...['simd', 'simdRelaxed', 'threads', 'threadsRelaxed'].map(kernelVariant),
  { output: `${data}/generated/pixels.ts`, entries: [`${data}/assembly/index.ts`], options: [] },
];

function isCurrent(): boolean {
  const changed = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = [kernels, data].flatMap((folder) => listFiles(`${folder}/assembly`, '.ts'));
  const inputs = [...sources.map((file) => path.join(root, file)), import.meta.filename];
  const outputs = modules.map(({ output }) => path.join(root, output));
  return Math.min(...outputs.map(changed)) > Math.max(...inputs.map(changed));
}

async function compile({ output, entries, options }: Module): Promise<void> {
  const binary = path.join(tmpdir(), `diffusion-ssl-${process.pid}-${path.basename(output, '.ts')}.wasm`);
  const { error, stderr } = await asc.main([
    ...entries.map((file) => path.join(root, file)),
    ...['--outFile', path.relative(process.cwd(), binary)],
    ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd'],
    ...options,
  ]);
  if (error) throw new Error(`${output}: ${stderr.toString()}`);
  const bytes = readFileSync(binary);
  rmSync(binary);
  if (options.includes('--importMemory') && hasData(bytes)) {
    throw new Error(`${output}: has static data, which would be written over the memory of the backend.`);
  }
  const text = bytes.toString('base64');
  mkdirSync(path.dirname(path.join(root, output)), { recursive: true });
  writeFileSync(path.join(root, output), `export default '${text}';\n`);
}

/** Whether a module has a section of data, whose number is 11. */
function hasData(bytes: Uint8Array): boolean {
  let at = 8;
  while (at < bytes.length) {
    if (bytes[at++] === 11) return true;
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      more = bytes[at] > 127;
      size |= (bytes[at++] & 127) << shift;
    }
    at += size;
  }
  return false;
}

/** Brings the generated modules up to date. */
export default async function buildKernels(): Promise<void> {
  if (isCurrent()) return;
  for (const module of modules) await compile(module);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildKernels();
