/**
 * Checks the architecture of `src/` and `examples/`: who imports whom, what an index file holds, what runs
 * on import, and that nothing reads a tensor synchronously. The rules' table is importRules.ts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { maximumLines, rows, workerEntries } from './importRules.js';
import { finish } from './lib/finish.js';
import { manifest } from './lib/publicEntries.js';
import { listFiles, root } from './lib/root.js';

const rules = new Map(
  rows.flatMap((row, rank) => row.map((rule) => [rule.folder, { rank, packages: rule.packages }] as const)),
);
const folders = [...rules.keys()].sort((a, b) => b.length - a.length);
const problems: string[] = [];
let importCount = 0;

function folderOf(file: string): string {
  const inSource = file.slice('src/'.length);
  return folders.find((folder) => inSource.startsWith(`${folder}/`)) ?? path.posix.dirname(inSource);
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
}

function importsOf(source: ts.SourceFile): string[] {
  const specifiers = ts.preProcessFile(source.text, true, true).importedFiles.map((f) => f.fileName);
  importCount += specifiers.length;
  return specifiers;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function checkImport(file: string, specifier: string): void {
  const folder = folderOf(file);
  const rule = rules.get(folder);
  const say = (text: string) => problems.push(`${file}: imports '${specifier}': ${text}`);
  if (!specifier.startsWith('.')) {
    if (!rule?.packages.includes(packageOf(specifier))) say(`${folder || 'src'}/ does not use this package`);
    return;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (!target.startsWith('src/') || !target.endsWith('.js')) {
    say("a relative import stays in src/ and ends in '.js'");
    return;
  }
  const from = folderOf(target);
  if (path.posix.basename(target) === 'index.js') say('import the file that you need, not an index');
  const targetRank = rules.get(from)?.rank;
  if (from !== folder && rule && (targetRank === undefined || targetRank >= rule.rank)) {
    say(`${folder}/ may use only folders above it, and ${from || 'src'}/ is not`);
  }
}

function place(node: ts.Node): string {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

function checkIndex(source: ts.SourceFile): void {
  const file = source.fileName;
  for (const statement of source.statements) {
    const isExport = ts.isExportDeclaration(statement);
    const names = isExport && statement.exportClause;
    const target = isExport && statement.moduleSpecifier;
    if (!names || !ts.isNamedExports(names) || !target || !ts.isStringLiteral(target)) {
      problems.push(`${place(statement)}: an index only re-exports by name`);
      continue;
    }
    const from = folderOf(path.posix.join(path.posix.dirname(file), target.text));
    if (from === folderOf(file) || (file === 'src/index.ts' && from !== 'internal')) continue;
    const typesOnly = statement.isTypeOnly || names.elements.every((element) => element.isTypeOnly);
    if (!typesOnly) problems.push(`${place(statement)}: re-exports values of ${from}/ (types are allowed)`);
  }
}

function checkSideEffects(source: ts.SourceFile): void {
  for (const statement of source.statements) {
    const bareImport = ts.isImportDeclaration(statement) && statement.importClause === undefined;
    const acts = !(
      ts.isImportDeclaration(statement) ||
      ts.isExportDeclaration(statement) ||
      ts.isExportAssignment(statement) ||
      ts.isVariableStatement(statement) ||
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    );
    if (bareImport || acts) {
      const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
      problems.push(
        `${source.fileName}:${line}: acts when imported: '${statement.getText().split('\n')[0]}'`,
      );
    }
  }
  visitCalls(source);
}

/** Complains about calls of tfjs outside any function body: they run on import. */
function visitCalls(node: ts.Node): void {
  const isField = ts.isPropertyDeclaration(node);
  if (
    ts.isFunctionLike(node) ||
    (isField && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Static) === 0)
  )
    return;
  if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && /^tf\b/.test(node.expression.getText())) {
    problems.push(`${place(node)}: calls ${node.expression.getText()} when imported`);
  }
  ts.forEachChild(node, visitCalls);
}

function checkSynchronousReads(source: ts.SourceFile): void {
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && /^(dataSync|arraySync|bytesSync)$/.test(node.text)) {
      problems.push(`${place(node)}: ${node.text} blocks; read tensors with await`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** AssemblyScript and what is compiled from it are not TypeScript that the package imports. */
const sources = listFiles('src', '.ts').filter((file) => !/^src\/.*\/(assembly|generated)\//.test(file));
const lengths: number[] = [];
for (const file of sources) {
  const source = parse(file);
  const isIndex = path.posix.basename(file) === 'index.ts';
  const folder = folderOf(file);
  if (folder === '.' ? file !== 'src/index.ts' : !rules.has(folder)) {
    problems.push(`${file}: src/${folder} is not in the table of scripts/importRules.ts`);
    continue;
  }
  for (const specifier of importsOf(source)) checkImport(file, specifier);
  if (isIndex) checkIndex(source);
  else if (!workerEntries.includes(file)) checkSideEffects(source);
  checkSynchronousReads(source);
  const lines = source.getLineAndCharacterOfPosition(source.text.length).line;
  if (isIndex) continue;
  if (lines > maximumLines) problems.push(`${file}: ${lines} lines, more than ${maximumLines}`);
  lengths.push(lines);
}

for (const subpath of Object.keys(manifest.exports)) {
  if (/internal/.test(subpath)) problems.push(`package.json: exports ${subpath}`);
}

const examples = listFiles('examples', '.ts').filter((file) => !file.startsWith('examples/trainer/test/'));
for (const file of examples) {
  for (const specifier of importsOf(parse(file))) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    if (specifier.startsWith('.') && !target.startsWith('examples/')) {
      problems.push(`${file}: imports '${specifier}': an example imports the package by its name`);
    }
  }
}

const median = lengths.sort((a, b) => a - b)[Math.floor(lengths.length / 2)];
finish(
  problems,
  `${sources.length} source files (median ${median} lines) and ${examples.length} of examples, ${importCount} imports`,
);
