/**
 * Compiles the AssemblyScript kernels of `src/kernels/wasm/assembly` into four modules, each as base64 in a TypeScript
 * file of its own under `src/kernels/wasm/generated`, so that Node, browsers and bundlers load the one they need alike.
 * Does nothing when they are newer than the sources.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { listFiles, root } from './lib/root.js';

const source = 'src/kernels/wasm/assembly';
const target = 'src/kernels/wasm/generated';
const variants = ['simd', 'simdRelaxed', 'threads', 'threadsRelaxed'];

const outputOf = (variant: string) => path.join(root, target, `${variant}.ts`);

function isCurrent(): boolean {
  const changed = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [...listFiles(source, '.ts').map((file) => path.join(root, file)), import.meta.filename];
  return Math.min(...variants.map((v) => changed(outputOf(v)))) > Math.max(...inputs.map(changed));
}

async function compile(variant: string): Promise<void> {
  const binary = path.join(tmpdir(), `diffusion-ssl-${process.pid}-${variant}.wasm`);
  const threads = variant.startsWith('threads');
  const entries = threads ? ['index.ts', 'pool.ts'] : ['index.ts'];
  const { error, stderr } = await asc.main([
    ...entries.map((file) => path.join(root, source, file)),
    ...['--outFile', path.relative(process.cwd(), binary)],
    ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort='],
    ...['--importMemory', '--noExportMemory', '--maximumMemory', '65536', '--enable', 'simd'],
    ...(threads ? ['--enable', 'threads', '--sharedMemory'] : []),
    ...(variant.endsWith('Relaxed') ? ['--enable', 'relaxed-simd'] : []),
  ]);
  if (error) throw new Error(`${variant}: ${stderr.toString()}`);
  const text = readFileSync(binary).toString('base64');
  rmSync(binary);
  writeFileSync(outputOf(variant), `export default '${text}';\n`);
}

/** Brings the generated modules up to date. */
export default async function buildKernels(): Promise<void> {
  if (isCurrent()) return;
  mkdirSync(path.join(root, target), { recursive: true });
  for (const variant of variants) await compile(variant);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildKernels();
