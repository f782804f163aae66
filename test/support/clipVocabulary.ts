import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ClipVocabulary } from '../../src/pipelines/clipTokenizer.js';

const file = new URL('../pipelines/clipVocabulary/merges.txt.gz', import.meta.url);

/** The signs that stand for bytes: those that can be seen for themselves, then those from 256 on for the others. */
function byteSigns(): string[] {
  const seen = Array.from({ length: 256 }, (_, i) => i).filter(
    (i) => (i >= 33 && i <= 126) || (i >= 161 && i <= 172) || i >= 174,
  );
  return Array.from({ length: 256 }, (_, i) =>
    String.fromCharCode(i < seen.length ? seen[i] : 256 + i - seen.length),
  );
}

/** CLIP's vocabulary, or the one that its first merges make: bytes, bytes that end a word, merges, start and end. */
export function clipVocabulary(count?: number): Required<ClipVocabulary> & { merges: string[] } {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n').slice(1);
  const merges = lines.slice(0, count);
  const signs = byteSigns();
  const tokens = [
    ...signs,
    ...signs.map((sign) => `${sign}</w>`),
    ...merges.map((line) => line.replace(' ', '')),
    ...['<|startoftext|>', '<|endoftext|>'],
  ];
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}
