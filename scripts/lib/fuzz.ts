import { uniformGenerator } from '../../src/internal/philox.js';
import type { FuzzedParser } from './fuzzParsers.js';

/** Longest input made, in bytes: the seeds are a few thousand. */
const LONGEST = 2 ** 14;

/** Memory of the process, at most: what it has without any input, and a gigabyte. */
const MOST_MEGABYTES = 1300;

/** The input of a number: the same for the same (seed, index). */
export function fuzzInput(
  { seeds, words, binary = false }: FuzzedParser,
  seed: number,
  index: number,
): Uint8Array {
  const random = uniformGenerator({ seed, stream: index, step: 0 });
  const below = (n: number) => Math.floor(random() * n);
  let bytes = Uint8Array.from(seeds[below(seeds.length)]);
  const join = (...parts: Uint8Array[]) => {
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  };
  const mutations: (() => Uint8Array)[] = [
    () => {
      if (bytes.length > 0) bytes[below(bytes.length)] ^= 1 << below(8);
      return bytes;
    },
    () => {
      if (bytes.length > 0) bytes[below(bytes.length)] = below(256);
      return bytes;
    },
    () => bytes.slice(0, below(bytes.length + 1)),
    () => {
      const [from, to] = [below(bytes.length + 1), below(bytes.length + 1)].sort((a, b) => a - b);
      return join(bytes.subarray(0, from), bytes.subarray(to));
    },
    () => {
      const [from, to] = [below(bytes.length + 1), below(bytes.length + 1)].sort((a, b) => a - b);
      return join(bytes.subarray(0, to), bytes.subarray(from));
    },
    () => {
      const at = below(bytes.length + 1);
      const word = new TextEncoder().encode(
        words[below(words.length)].repeat(random() < 0.1 ? below(200) : 1),
      );
      return join(bytes.subarray(0, at), word, bytes.subarray(at + (random() < 0.5 ? word.length : 0)));
    },
    () => {
      const other = seeds[below(seeds.length)];
      return join(bytes.subarray(0, below(bytes.length + 1)), other.subarray(below(other.length + 1)));
    },
  ];
  // A binary file seldom stands a change of its length: half of the inputs have single bytes changed alone.
  const kinds = binary && random() < 0.5 ? 2 : mutations.length;
  for (let left = 1 + below(6); left > 0; left--) bytes = mutations[below(kinds)]().slice(0, LONGEST);
  return bytes;
}

/**
 * How one input ended. `crash`: neither a result nor a refusal as the parser promises, or more than two seconds of the
 * processor.
 */
export type FuzzOutcome = { kind: 'read' | 'refused' } | { kind: 'crash'; message: string };

/** Gives an input to a parser. */
export async function fuzzOne(parser: FuzzedParser, input: Uint8Array): Promise<FuzzOutcome> {
  const start = process.cpuUsage();
  let outcome: FuzzOutcome = { kind: 'read' };
  try {
    await parser.parse(input);
  } catch (error) {
    outcome = { kind: 'refused' };
    const promised = error instanceof parser.refusalClass && parser.refusal.test(error.message);
    if (!promised)
      outcome = {
        kind: 'crash',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
  }
  // Not by the clock, which runs on while a busy machine does other things.
  const milliseconds = process.cpuUsage(start).user / 1000;
  if (milliseconds > 2000) return { kind: 'crash', message: `took ${milliseconds.toFixed(0)} ms` };
  const megabytes = process.memoryUsage.rss() / 2 ** 20;
  return megabytes > MOST_MEGABYTES
    ? { kind: 'crash', message: `the process has ${megabytes.toFixed(0)} MB` }
    : outcome;
}
