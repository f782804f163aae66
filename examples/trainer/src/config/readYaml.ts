import { type ErrorCode, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** One thing wrong with a configuration file. */
export interface Problem {
  /** Line of the file, from 1. */
  line: number;
  message: string;
}

/** What a YAML file says, and where. */
export interface YamlContent {
  value: unknown;
  problems: Problem[];
  /** Line of a key, or of the nearest block around it that the file has. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Bounds that no honest configuration comes near: reading stays quick whatever the file holds. */
const MAX_CHARACTERS = 2 ** 15;
const MAX_VALUES = 10_000;
const MAX_DEPTH = 20;

/** Our words where the parser speaks to a programmer. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'a second document begins; a configuration is one.',
  RESOURCE_EXHAUSTION: `blocks and lists nest more than ${MAX_DEPTH} deep.`,
};

/**
 * Reads YAML 1.2, in which `1e-6` is a number. Duplicate keys, tags that are not known, a second document, and files
 * larger or deeper than any configuration are problems, not results.
 */
export function readYaml(text: string): YamlContent {
  const problems: Problem[] = [];
  const counter = new LineCounter();
  const lines = new Map<string, number>();
  const content = (value: unknown): YamlContent => ({ value, problems, lineOf });
  function lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length >= 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }
  if (text.length > MAX_CHARACTERS) {
    problems.push({
      line: 1,
      message: `the file has ${text.length} characters; a configuration has at most ${MAX_CHARACTERS}.`,
    });
    return content(undefined);
  }
  // Duplicate keys are looked for below: the parser compares each key with all before it.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    problems.push({ line: counter.linePos(pos[0]).line, message: MESSAGES[code] ?? message });
  }
  if (problems.length > 0) return content(undefined);

  let values = 0;
  const visit = (node: unknown, path: PropertyKey[]): unknown => {
    const at = (part: unknown) => counter.linePos((part as Node | null)?.range?.[0] ?? 0).line;
    values++;
    if (path.length > MAX_DEPTH)
      throw new Refused(lineOf(path), `blocks and lists nest more than ${MAX_DEPTH} deep.`);
    if (values > MAX_VALUES)
      throw new Refused(
        lineOf(path),
        `the file has more than ${MAX_VALUES} values, those of aliases repeated.`,
      );
    if (isAlias(node)) {
      const anchored = node.resolve(document);
      if (anchored === undefined)
        throw new Refused(at(node), `no anchor before *${node.source} has its name.`);
      return visit(anchored, path);
    }
    if (isSeq(node)) {
      return node.items.map((item, i) => {
        lines.set(JSON.stringify([...path, i]), at(item));
        return visit(item, [...path, i]);
      });
    }
    if (!isMap(node)) return isScalar(node) ? node.value : node;
    const entries = new Map<string, unknown>();
    for (const pair of node.items) {
      const line = at(pair.key);
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (key === undefined) {
        problems.push({ line, message: 'a key must be a word.' });
        continue;
      }
      const inner = [...path, key];
      if (entries.has(key)) {
        const first = lines.get(JSON.stringify(inner));
        problems.push({ line, message: `${key} is given twice, first in line ${first}.` });
        continue;
      }
      lines.set(JSON.stringify(inner), line);
      entries.set(key, visit(pair.value, inner));
    }
    return Object.fromEntries(entries);
  };
  try {
    return content(visit(document.contents, []));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problems.push({ line: error.line, message: error.message });
    return content(undefined);
  }
}

class Refused extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}
