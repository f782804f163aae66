import { ConfigError } from 'diffusion-ssl/errors';
import type { z } from 'zod';
import { fieldOf } from './fieldOf.js';
import { nearestKey } from './nearestKey.js';
import { optionConflicts } from './optionConflicts.js';
import { placeholdersOf } from './placeholdersOf.js';
import { type Problem, readYaml } from './readYaml.js';
import { toPretrainConfig } from './toPretrainConfig.js';
import {
  type SchemaKey,
  schemaKeys,
  TOP_BLOCK,
  type TutorialConfig,
  tutorialSchema,
} from './tutorialSchema.js';
import { unreadOptions } from './unreadOptions.js';

/** Lines of an error, at most. */
const MAX_PROBLEMS = 20;

/** Keys of the tutorial's code that a run decides itself. */
const DECIDED: Readonly<Record<string, string>> = {
  total_steps: 'onecycle takes the steps of the run',
  steps_per_epoch: 'onecycle takes the steps of the run',
  verbose: 'the log has the rate of every step',
};

/** What a configuration file says. */
export interface ParsedConfig {
  /**
   * Every key with its value, or the shipped one where the file leaves it out. Options of an optimizer or a schedule
   * that are left out stay undefined: each has defaults of its own.
   */
  config: TutorialConfig;
  /** The line of each key to which the file gives a value. */
  lines: ReadonlyMap<string, number>;
}

/**
 * Reads a configuration file in the form of the tutorial's `ssl_train.yaml`: YAML with the block `Train_Validate`.
 *
 * @param text What the file holds.
 * @param fileName Named in errors.
 * @param isReplaced Whether a flag takes the place of a field, so that a placeholder may stand there.
 * @throws If anything in the file is not understood, out of range or contradicts the rest: an error with a line for
 * each, which names the file, the line and the key, and says what is accepted.
 */
export function parseConfig(
  text: string,
  fileName: string,
  isReplaced: (field: string) => boolean = () => false,
): ParsedConfig {
  const { value, problems, lineOf } = readYaml(text);
  const report = (found: readonly Problem[]) => {
    if (found.length === 0) return;
    const inOrder = [...found].sort((a, b) => a.line - b.line);
    const lines = [
      ...new Set(inOrder.map(({ line, message }) => `${fileName}, line ${line}: ${cut(message, 300)}`)),
    ];
    if (lines.length > MAX_PROBLEMS) lines.splice(MAX_PROBLEMS, lines.length, 'and more');
    throw new ConfigError(lines.join('\n'));
  };
  report(problems);
  if (!isBlock(value) || !(TOP_BLOCK in value)) {
    const message = `the block ${TOP_BLOCK} is missing: every key stands in it, indented.`;
    report([{ line: 1, message }]);
  }
  const placeholders = placeholdersOf(value).flatMap((path) => {
    const key = keyAround(path);
    if (key === undefined) return [];
    const field = fieldOf(key.path);
    if (field === null || !isReplaced(field))
      return [{ line: lineOf(path), message: refusal(key, valueAt(value, path), ', a placeholder') }];
    const place = placeOf(key.path);
    delete (valueAt(value, place.slice(0, -1)) as Record<string, unknown>)[place[place.length - 1]];
    return [];
  });
  const result = tutorialSchema.safeParse(value);
  report([
    ...placeholders,
    ...(result.error?.issues ?? []).flatMap((issue) =>
      messagesOf(issue, value).map(({ path, message }) => ({ line: lineOf(path), message })),
    ),
  ]);
  const config = (result as z.ZodSafeParseSuccess<z.output<typeof tutorialSchema>>).data[TOP_BLOCK];
  const lines = new Map(
    schemaKeys
      .filter(({ path }) => (valueAt(value, placeOf(path)) ?? null) !== null)
      .map(({ path }) => [path, lineOf(placeOf(path))]),
  );
  const fields = toPretrainConfig(config).config;
  const unread = unreadOptions(fields, (field) => lines.has(keyOf(field)), keyOf);
  const read = { ...fields, ...Object.fromEntries(unread.map(({ field }) => [field, undefined])) };
  report(
    optionConflicts(read, keyOf).map(({ field, message }) => ({
      line: lineOf(placeOf(keyOf(field))),
      message: `${keyOf(field)} ${message}`,
    })),
  );
  return { config, lines };
}

/** The key of the file that sets a field. */
export function keyOf(field: string): string {
  return KEYS.get(field) ?? field;
}

const KEYS = new Map(schemaKeys.map(({ path }) => [fieldOf(path), path]));

function messagesOf(issue: z.core.$ZodIssue, file: unknown): { path: PropertyKey[]; message: string }[] {
  const key = keyAround(issue.path);
  const hasKeysOfItsOwn = key === undefined || schemaKeys.some(({ path }) => path.startsWith(`${key.path}.`));
  if (issue.code === 'unrecognized_keys' && hasKeysOfItsOwn) {
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return { path, message: unknownKey(path.map(String)) };
    });
  }
  if (key === undefined)
    return [{ path: issue.path, message: `${TOP_BLOCK} must be a block of keys, each indented.` }];
  const received = valueAt(file, placeOf(key.path));
  return placeholdersOf(received).length > 0 ? [] : [{ path: issue.path, message: refusal(key, received) }];
}

/** The key that a place in the file belongs to: places in a list or a block of values belong to that one's. */
function keyAround(path: readonly PropertyKey[]): SchemaKey | undefined {
  const inBlock = path.slice(1).map(String);
  while (inBlock.length > 0 && !schemaKeys.some((key) => key.path === inBlock.join('.'))) inBlock.pop();
  return schemaKeys.find((key) => key.path === inBlock.join('.'));
}

function valueAt(file: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (block, name) => (block as Record<PropertyKey, unknown> | undefined)?.[name],
    file,
  );
}

function placeOf(key: string): string[] {
  return [TOP_BLOCK, ...key.split('.')];
}

function refusal(key: SchemaKey, received: unknown, note = ''): string {
  return `${key.path} is ${show(received)}${note}; it must be ${key.accepted}.`;
}

function unknownKey(path: readonly string[]): string {
  if (path.length === 1) return `${path[0]} is not known; did you mean ${TOP_BLOCK}?`;
  const name = path.slice(1).join('.');
  if (Object.hasOwn(DECIDED, name)) return `${name} is not read: ${DECIDED[name]}. Leave it out.`;
  const nearest = nearestKey(
    name,
    schemaKeys.map((key) => key.path),
  );
  return `${name} is not known; did you mean ${nearest}?`;
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return cut(typeof value === 'string' ? `'${value}'` : String(JSON.stringify(value)), 60);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}
