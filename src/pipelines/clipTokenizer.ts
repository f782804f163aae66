import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkInteger } from '../internal/checks.js';

/** The vocabulary of CLIP, as its files hold it. */
export interface ClipVocabulary {
  /** Number of each token: the content of `vocab.json`. */
  vocab: Readonly<Record<string, number>>;
  /** Pairs that are joined, the most frequent first: the content of `merges.txt`, or a list of its lines. */
  merges: string | readonly string[];
}

/** Options of {@link clipTokenizer}. */
export interface ClipTokenizerOptions {
  /** How many tokens a padded text has. Default 77. */
  maxLength?: number;
  /**
   * The token behind the end of a padded text: the end token, as with Stable Diffusion 1, or `'!'`, whose number is 0,
   * as with Stable Diffusion 2, the second encoder of XL and open_clip. Default `'<|endoftext|>'`.
   */
  padToken?: string;
}

/** Texts as tokens of one length. */
export interface PaddedTokens {
  /** A list a text. */
  inputIds: number[][];
  /** 1 for a text's tokens with start and end, 0 for what is behind them. */
  attentionMask: number[][];
}

/** Turns texts into the numbers of CLIP's tokens. */
export interface ClipTokenizer {
  /** Number of tokens that there are. */
  readonly size: number;
  /** The tokens of a text, without start and end. */
  encode(text: string): number[];
  /** Texts between start and end, cut and padded to `maxLength` tokens. */
  encodePadded(texts: readonly string[]): PaddedTokens;
}

const START = '<|startoftext|>';
const END = '<|endoftext|>';

/** What a word is: an English ending, letters, a digit, or signs. White space as Unicode has it. */
const WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\p{White_Space}\\p{L}\\p{N}]+";

/**
 * The tokenizer of CLIP, which gives the numbers of transformers' `CLIPTokenizer`: text is composed (NFC), white space
 * becomes one blank and letters small. Byte pairs are joined by `@huggingface/tokenizers`, an optional peer.
 *
 * open_clip gives the same numbers where its cleaning leaves a text as it is: it mends mojibake, replaces curly quotes,
 * ligatures and full-width letters, drops control characters, and decodes HTML entities first. Do that beforehand for
 * such texts.
 *
 * @param vocabulary The content of `vocab.json` and `merges.txt`.
 * @throws `ConfigError` if the package is not installed, or the vocabulary is none of CLIP.
 * @example
 * ```ts
 * import { clipTokenizer } from 'diffusion-ssl/pipelines';
 *
 * const vocab = { a: 0, b: 1, 'a</w>': 2, 'b</w>': 3, 'ab</w>': 4, '<|startoftext|>': 5, '<|endoftext|>': 6 };
 * const { encodePadded } = await clipTokenizer({ vocab, merges: 'a b</w>' }, { maxLength: 5 });
 * console.log(encodePadded(['AB a']).inputIds); // [[5, 4, 2, 6, 6]]
 * ```
 */
export async function clipTokenizer(
  vocabulary: ClipVocabulary,
  { maxLength = 77, padToken = END }: ClipTokenizerOptions = {},
): Promise<ClipTokenizer> {
  const { vocab, merges } = vocabulary;
  checkInteger('clipTokenizer: maxLength', maxLength, 2);
  const numbers = typeof vocab === 'object' && vocab !== null ? Object.values(vocab) : [];
  if (numbers.length === 0 || !numbers.every((id) => Number.isInteger(id) && id >= 0))
    throw argumentError('clipTokenizer: vocab', vocab, 'the content of vocab.json, numbers by token');
  const idOf = (token: string) => {
    if (Object.hasOwn(vocab, token)) return vocab[token];
    throw new ConfigError(`clipTokenizer: vocab has no token '${token}'; it must be a vocabulary of CLIP.`);
  };
  const special: Readonly<Record<string, number>> = Object.fromEntries(
    [START, END, padToken].map((token) => [token, idOf(token)]),
  );
  const marks = Object.keys(special).map((token) => token.replace(/[^\w]/g, '\\$&'));
  const specialTokens = new RegExp(`(${marks.join('|')})`);
  const splitter = { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true };
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const content = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [splitter, bytes] },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: END,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      vocab,
      merges: pairsOf(merges),
    },
  };
  const Tokenizer = await importTokenizer();
  const tokenizer = new Tokenizer(content, {});

  const encode = (text: string) =>
    text
      .split(specialTokens)
      .flatMap((part) =>
        Object.hasOwn(special, part)
          ? [special[part]]
          : part === ''
            ? []
            : tokenizer.encode(normalized(part)).ids,
      );
  return {
    size: Math.max(...numbers) + 1,
    encode,
    encodePadded(texts) {
      const rows = texts.map((text) => [
        special[START],
        ...encode(text).slice(0, maxLength - 2),
        special[END],
      ]);
      const padded = <T>(row: readonly T[], value: T) => [
        ...row,
        ...new Array<T>(maxLength - row.length).fill(value),
      ];
      return {
        inputIds: rows.map((row) => padded(row, special[padToken])),
        attentionMask: rows.map((row) => padded(new Array<number>(row.length).fill(1), 0)),
      };
    },
  };
}

/** Letter by letter: JavaScript would write a last sigma otherwise, transformers does not. */
function normalized(text: string): string {
  const composed = text.normalize('NFC').replace(/\p{White_Space}+/gu, ' ');
  return Array.from(composed, (letter) => letter.toLowerCase()).join('');
}

function pairsOf(merges: ClipVocabulary['merges']): [string, string][] {
  const lines = typeof merges === 'string' ? merges.split(/\r?\n/) : merges;
  if (!Array.isArray(lines))
    throw argumentError('clipTokenizer: merges', merges, 'the content of merges.txt');
  return lines.flatMap((line: string, i): [string, string][] => {
    if (line === '' || (i === 0 && line.startsWith('#version'))) return [];
    const [first, second, ...more] = line.split(' ');
    if (!second || more.length > 0)
      throw argumentError(`clipTokenizer: line ${i + 1} of merges`, line, 'two tokens with a blank between');
    return [[first, second]];
  });
}

async function importTokenizer() {
  try {
    return (await import('@huggingface/tokenizers')).Tokenizer;
  } catch (cause) {
    const install = 'npm install @huggingface/tokenizers';
    throw new ConfigError(`clipTokenizer: the package '@huggingface/tokenizers' is needed: ${install}`, {
      cause,
    });
  }
}
