// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so a path names a variable.
import { homedir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expandPath } from '../src/config/expandPath.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('expandPath', () => {
  it.each([
    ['~', homedir()],
    ['~/chips', path.join(homedir(), 'chips')],
    ['~/${SPLIT}/chips', path.join(homedir(), 'dry', 'chips')],
    ['${ROOT}/${SPLIT}.csv', '/mnt/data/dry.csv'],
    ['$ROOT/a', '/mnt/data/a'],
    ['$ROOT.tif', '/mnt/data.tif'],
    ['a/$$ROOT', 'a/$ROOT'],
    ['a~/~b/c', 'a~/~b/c'],
    ['./~ana/x', './~ana/x'],
    ['/plain/päth with blanks', '/plain/päth with blanks'],
  ])('%j', (text, expanded) => {
    vi.stubEnv('ROOT', '/mnt/data');
    vi.stubEnv('SPLIT', 'dry');
    expect(expandPath(text)).toBe(expanded);
  });

  it('leaves what a variable holds as it is', () => {
    vi.stubEnv('ROOT', 'a$b/${C}/$$');
    expect(expandPath('${ROOT}/x')).toBe('a$b/${C}/$$/x');
  });

  it.each([
    ['${NO_SUCH_VARIABLE}/x', 'the environment variable NO_SUCH_VARIABLE is not set'],
    ['$NO_SUCH_VARIABLE', 'the environment variable NO_SUCH_VARIABLE is not set'],
    ['${EMPTY}/x', 'the environment variable EMPTY is empty'],
    ['${ROOT:-/tmp}', 'a dollar sign in it begins no name'],
    ['${ROOT', 'a dollar sign in it begins no name'],
    ['cost$', 'a dollar sign in it begins no name'],
    ['a$1', 'a dollar sign in it begins no name'],
    ['~ana/chips', "~ana would be another user's home folder"],
    ['', 'a path is needed'],
    [' ', 'a path is needed'],
  ])('refuses %j', (text, message) => {
    vi.stubEnv('EMPTY', '');
    expect(() => expandPath(text)).toThrow(message);
  });
});
