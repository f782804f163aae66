import { describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { clipTokenizer } from '../../src/pipelines/clipTokenizer.js';
import { loadTokenizer } from '../../src/pipelines/loadTokenizer.js';
import { clipVocabulary } from '../support/clipVocabulary.js';
import { readFixture } from '../support/fixtures.js';
import { MemoryFiles } from '../support/MemoryFiles.js';

interface TokenizerFile {
  bos: number;
  eos: number;
  context_length: number;
  vocabulary: { size: number; merges_used: number };
  cases: {
    text: string;
    open_clip: number[];
    open_clip_77?: number[];
    transformers: number[];
    transformers_77?: number[];
    attention_mask_sum?: number;
    same: boolean;
  }[];
  small_vocabulary: { merges_used: number; size: number; cases: { text: string; ids: number[] }[] };
}
const {
  cases,
  vocabulary,
  small_vocabulary: small,
  ...file
} = readFixture<TokenizerFile>('peers/clip_tokenizer.json');
const whole = clipVocabulary();

describe('clipTokenizer', () => {
  it('has the vocabulary of CLIP', async () => {
    const tokenizer = await clipTokenizer(whole);
    expect(tokenizer.size).toBe(vocabulary.size);
    expect(whole.merges.length).toBe(vocabulary.merges_used);
    expect(whole.vocab['<|startoftext|>']).toBe(file.bos);
    expect(whole.vocab['<|endoftext|>']).toBe(file.eos);
  });

  it.each(cases)('gives the numbers of transformers for $text', async (one) => {
    const { text, transformers, transformers_77, attention_mask_sum, open_clip, open_clip_77, same } = one;
    const tokenizer = await clipTokenizer(whole);
    const ids = tokenizer.encode(text);
    expect(ids).toEqual(transformers);
    if (same) expect(ids).toEqual(open_clip);
    const { inputIds, attentionMask } = tokenizer.encodePadded([text]);
    expect(inputIds[0].length).toBe(file.context_length);
    if (transformers_77) expect(inputIds[0]).toEqual(transformers_77);
    if (attention_mask_sum)
      expect(attentionMask[0].reduce((sum, one) => sum + one, 0)).toBe(attention_mask_sum);
    // open_clip pads with 0 too, but a "!" within a text is one to it.
    if (open_clip_77 && same && !text.includes('!')) {
      const zeros = await clipTokenizer(whole, { padToken: '!' });
      expect(zeros.encodePadded([text]).inputIds[0]).toEqual(open_clip_77);
    }
  });

  it.each(small.cases)('gives those of a small vocabulary for $text', async ({ text, ids }) => {
    const vocabulary = clipVocabulary(small.merges_used);
    const tokenizer = await clipTokenizer({
      ...vocabulary,
      merges: `#version: 0.2\n${vocabulary.merges.join('\n')}\n`,
    });
    expect(tokenizer.size).toBe(small.size);
    const { inputIds, attentionMask } = tokenizer.encodePadded([text, '']);
    const length = attentionMask[0].indexOf(0);
    const whole = tokenizer.encode(text);
    expect([inputIds[0][0], ...whole, inputIds[0].at(-1)]).toEqual(ids);
    if (length > 0) expect(inputIds[0].slice(0, length)).toEqual(ids);
    expect(inputIds[1].length).toBe(77);
  });

  it('takes the token that pads for a special one, as transformers does', async () => {
    const { encode } = await clipTokenizer(whole, { padToken: '!' });
    // transformers 5.24, CLIPTokenizer, pad_token '!'.
    expect(encode('hi! there')).toEqual([1883, 0, 997]);
  });

  it('pads with what special_tokens_map.json says, unless the tokens are newer', async () => {
    const files = (config: object) =>
      new MemoryFiles(
        Object.entries({
          'vocab.json': whole.vocab,
          'tokenizer_config.json': { pad_token: '<|endoftext|>', ...config },
          'special_tokens_map.json': { pad_token: '!' },
        })
          .map(([name, content]): [string, string] => [name, JSON.stringify(content)])
          .concat([['merges.txt', [whole.merges].flat().join('\n')]])
          .map(([name, text]) => [name, new TextEncoder().encode(text)]),
      );
    const lastOf = async (config: object) =>
      (await loadTokenizer(files(config))).encodePadded(['a']).inputIds[0].at(-1);
    expect(await lastOf({})).toBe(0);
    expect(await lastOf({ added_tokens_decoder: {} })).toBe(file.eos);
  });

  it('takes special tokens as they are written, and no others for them', async () => {
    const { encode } = await clipTokenizer(whole);
    expect(encode('<|endoftext|>')).toEqual([file.eos]);
    expect(encode('<|ENDOFTEXT|>')).not.toContain(file.eos);
    expect(encode('constructor').every(Number.isInteger)).toBe(true);
    expect(encode('toString __proto__')).toEqual(encode('tostring __proto__'));
  });

  it.each([
    ['vocab', { ...whole, vocab: {} }, /vocab is {}; it must be the content of vocab.json/],
    ['vocab', { ...whole, vocab: { a: 1 } }, /vocab has no token '<\|startoftext\|>'/],
    ['merges', { ...whole, merges: 'a b c' }, /line 1 of merges is 'a b c'; it must be two tokens/],
  ])('refuses %s that is none of CLIP', async (_, files, message) => {
    await expect(clipTokenizer(files as unknown as typeof whole)).rejects.toThrow(message);
    await expect(clipTokenizer(files as unknown as typeof whole)).rejects.toThrow(ConfigError);
  });

  it('tells to install the package that it needs', async () => {
    vi.doMock('@huggingface/tokenizers', () => {
      throw new Error('Cannot find package');
    });
    await expect(clipTokenizer(whole)).rejects.toThrow(/npm install @huggingface\/tokenizers/);
    vi.doUnmock('@huggingface/tokenizers');
  });
});
