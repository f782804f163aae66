import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { captionFolders, wordsOf } from '../src/captions/captionFolders.js';
import { captions } from '../src/commands/captions.js';

const root = mkdtempSync(path.join(tmpdir(), 'captions-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Class folders as AID has them. */
function classFolders(): string {
  const folder = mkdtempSync(path.join(root, 'aid-'));
  const files = [
    'BareLand/bareland_10.jpg',
    'BareLand/bareland_2.jpg',
    'Port/port_1.png',
    'Port/notes.txt',
    'none/a.md',
  ];
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  return folder;
}

it('writes a line for each image, in the order of their numbers', async () => {
  const folder = classFolders();
  const log = vi.spyOn(console, 'log').mockReturnValue();
  await captions([folder, '--template', 'a satellite image of {class}']);
  const lines = readFileSync(path.join(folder, 'metadata.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { file_name: 'BareLand/bareland_2.jpg', text: 'a satellite image of bare land' },
    { file_name: 'BareLand/bareland_10.jpg', text: 'a satellite image of bare land' },
    { file_name: 'Port/port_1.png', text: 'a satellite image of port' },
  ]);
  expect(log.mock.calls[0][0]).toMatch(/^3 captions in .*metadata.jsonl: BareLand 2, Port 1$/);
});

it('takes chosen classes and several templates, and names files from where it writes', async () => {
  const folder = classFolders();
  vi.spyOn(console, 'log').mockReturnValue();
  const out = path.join(root, 'chosen.jsonl');
  await captions([
    folder,
    '--classes',
    'BareLand',
    '--out',
    out,
    '--template',
    '{class}',
    'aerial view, {class}',
  ]);
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { file_name: `${path.basename(folder)}/BareLand/bareland_2.jpg`, text: 'bare land' },
    { file_name: `${path.basename(folder)}/BareLand/bareland_10.jpg`, text: 'aerial view, bare land' },
  ]);
});

it('refuses what it cannot caption, by name', async () => {
  const folder = classFolders();
  const templates = ['{class}'];
  await expect(captionFolders(folder, { templates: ['a harbor'] })).rejects.toThrow(
    /'a harbor'; it must say where/,
  );
  await expect(captionFolders(folder, { templates, classes: ['Airport'] })).rejects.toThrow(
    /no folder Airport; it has/,
  );
  await expect(captionFolders(path.join(folder, 'none'), { templates })).rejects.toThrow(/hold no JPEG, PNG/);
  await expect(captionFolders(path.join(folder, 'nowhere'), { templates })).rejects.toThrow(/cannot be read/);
});

it.each([
  ['DenseResidential', 'dense residential'],
  ['bare_land', 'bare land'],
  ['storage-tanks', 'storage tanks'],
  ['Sentinel2Scene', 'sentinel2 scene'],
])('%s in words is %s', (name, words) => {
  expect(wordsOf(name)).toBe(words);
});
