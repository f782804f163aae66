/**
 * Runs the documentation: every fenced TypeScript block of README.md, docs/*.md and the doc comments of
 * src/ is type-checked against the built package and executed; one marked `no-run` is only type-checked.
 * Every public function and class must show an example. Needs an up-to-date build in dist/.
 */
import {
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
import { transform } from 'esbuild';
import { exportsWithoutExample } from './lib/exportsWithoutExample.js';
import { extractFromComments, extractFromMarkdown } from './lib/extractSnippets.js';
import { finish } from './lib/finish.js';
import { listFiles, root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const pages = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (file) => file.endsWith('.md') && existsSync(path.join(root, file)),
);
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const snippets = [
  ...pages.flatMap((file) => extractFromMarkdown(file, read(file))),
  ...listFiles('src', '.ts').flatMap((file) => extractFromComments(file, read(file))),
];
const problems = exportsWithoutExample();

/** Inside the repository, so that `diffusion-ssl` and the peers resolve as they do for a user. */
const folder = path.join(root, 'runs/.snippets');
const workingFolder = mkdtempSync(path.join(tmpdir(), 'diffusion-ssl-snippets-'));

/** Replaces the paths of the temporary files by the places that the snippets come from. */
function withPlaces(text: string): string {
  return text.replace(/[^\s'"(]*\bsnippet(\d+)\.(ts|mjs)/g, (_, index) => snippets[Number(index)].where);
}

function typeCheck(): void {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    moduleDetection: 'force',
    types: ['node'],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  try {
    runCommand(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
  } catch (error) {
    problems.push(withPlaces((error as Error).message));
  }
}

async function execute(): Promise<void> {
  for (const [i, { code, run }] of snippets.entries()) {
    if (!run) continue;
    const file = path.join(folder, `snippet${i}.mjs`);
    writeFileSync(file, (await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })).code);
  }
  writeFileSync(path.join(folder, 'run.mjs'), read('scripts/snippets/run.mjs'));
  const lines = runCommand(process.execPath, [path.join(folder, 'run.mjs')], workingFolder)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as 'done' | { file: string; message: string });
  for (const line of lines) {
    if (line !== 'done') problems.push(withPlaces(`${line.file}: ${line.message}`));
  }
  if (lines.at(-1) !== 'done') problems.push('the snippets ended before the last one');
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
try {
  for (const [i, { code }] of snippets.entries()) writeFileSync(path.join(folder, `snippet${i}.ts`), code);
  typeCheck();
  await execute();
} catch (error) {
  problems.push(withPlaces((error as Error).message));
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(workingFolder, { recursive: true, force: true });
}
if (snippets.length === 0) problems.push('no snippet found');

const executed = snippets.filter((snippet) => snippet.run).length;
finish(problems, `${executed} snippets executed, ${snippets.length - executed} type-checked only`);
