import type { z } from 'zod';
import { fieldOf } from './fieldOf.js';
import { nearestKey } from './nearestKey.js';
import { optionConflicts } from './optionConflicts.js';
import { type Problem, readYaml } from './readYaml.js';
import { toPretrainConfig } from './toPretrainConfig.js';
import { schemaKeys, TOP_BLOCK, type TutorialConfig, tutorialSchema } from './tutorialSchema.js';

/** Lines of an error, at most. */
const MAX_PROBLEMS = 20;

/** Keys of the tutorial's code that a run decides itself. */
const DECIDED: Readonly<Record<string, string>> = {
  total_steps: 'onecycle takes the steps of the run',
  steps_per_epoch: 'onecycle takes the steps of the run',
  verbose: 'the log has the rate of every step',
};

/**
 * Reads a configuration file in the form of the tutorial's `ssl_train.yaml`: YAML with the block `Train_Validate`.
 *
 * @param text What the file holds.
 * @param fileName Named in errors.
 * @returns Every key with its value, or the shipped one where the file leaves it out. Options of an optimizer or a
 * schedule that are left out stay undefined: each has defaults of its own.
 * @throws If anything in the file is not understood, out of range or without effect: an error with a line for each,
 * which names the file, the line and the key, and says what is accepted.
 */
export function parseConfig(text: string, fileName: string): TutorialConfig {
  const { value, problems, lineOf } = readYaml(text);
  const report = (found: readonly Problem[]) => {
    if (found.length === 0) return;
    const inOrder = [...found].sort((a, b) => a.line - b.line);
    const lines = [
      ...new Set(inOrder.map(({ line, message }) => `${fileName}, line ${line}: ${cut(message, 300)}`)),
    ];
    if (lines.length > MAX_PROBLEMS) lines.splice(MAX_PROBLEMS, lines.length, 'and more');
    throw new Error(lines.join('\n'));
  };
  report(problems);
  if (!isBlock(value) || !(TOP_BLOCK in value)) {
    const message = `the block ${TOP_BLOCK} is missing: every key stands in it, indented.`;
    report([{ line: 1, message }]);
  }
  const result = tutorialSchema.safeParse(value);
  if (!result.success) {
    report(
      result.error.issues.flatMap((issue) =>
        messagesOf(issue, value).map(({ path, message }) => ({ line: lineOf(path), message })),
      ),
    );
  }
  const config = (result as z.ZodSafeParseSuccess<z.output<typeof tutorialSchema>>).data[TOP_BLOCK];
  const given = (value as Record<string, Record<string, unknown>>)[TOP_BLOCK];
  const conflicts = optionConflicts(
    toPretrainConfig(config).config,
    (field) => (given[keyOf(field)] ?? null) !== null,
    keyOf,
  );
  report(
    conflicts.map(({ field, message }) => ({
      line: lineOf([TOP_BLOCK, ...keyOf(field).split('.')]),
      message: `${keyOf(field)} ${message}`,
    })),
  );
  return config;
}

/** The key of the file that sets a field. */
export function keyOf(field: string): string {
  return KEYS.get(field) ?? field;
}

const KEYS = new Map(schemaKeys.map(({ path }) => [fieldOf(path), path]));

function messagesOf(issue: z.core.$ZodIssue, file: unknown): { path: PropertyKey[]; message: string }[] {
  const inBlock = issue.path.slice(1).map(String);
  // Issues inside a list or a block of values belong to the key of the list.
  while (inBlock.length > 0 && !schemaKeys.some(({ path }) => path === inBlock.join('.'))) inBlock.pop();
  const key = schemaKeys.find(({ path }) => path === inBlock.join('.'));
  const hasKeysOfItsOwn = key === undefined || schemaKeys.some(({ path }) => path.startsWith(`${key.path}.`));
  if (issue.code === 'unrecognized_keys' && hasKeysOfItsOwn) {
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return { path, message: unknownKey(path.map(String)) };
    });
  }
  if (key === undefined)
    return [{ path: issue.path, message: `${TOP_BLOCK} must be a block of keys, each indented.` }];
  const received = [TOP_BLOCK, ...inBlock].reduce<unknown>(
    (block, name) => (block as Record<string, unknown>)[name],
    file,
  );
  return [{ path: issue.path, message: `${key.path} is ${show(received)}; it must be ${key.accepted}.` }];
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
