import { CheckpointError } from '../errors/CheckpointError.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import { readTextFile } from '../interop/readTextFile.js';
import { type ClipTokenizer, type ClipVocabulary, clipTokenizer } from './clipTokenizer.js';

type Fields = Record<string, unknown>;

/** A tokenizer of a pipeline, from `vocab.json` and `merges.txt`, or from the `tokenizer.json` that holds both. */
export async function loadTokenizer(files: ModelFiles): Promise<ClipTokenizer> {
  const vocabulary = await readVocabulary(files);
  const config = ((await readJsonFile(files, 'tokenizer_config.json')) ?? {}) as Fields;
  const marks = ((await readJsonFile(files, 'special_tokens_map.json')) ?? {}) as Fields;
  const { model_max_length: maxLength } = config;
  // Of files of transformers 4 and before the map decides, as in Stable Diffusion 2, where both differ.
  const pad = config.added_tokens_decoder ? config.pad_token : (marks.pad_token ?? config.pad_token);
  // Old files have tokens as objects.
  const padToken =
    typeof pad === 'string' ? pad : ((pad as Fields | undefined)?.content as string | undefined);
  try {
    return await clipTokenizer(vocabulary, {
      padToken,
      maxLength: typeof maxLength === 'number' && maxLength < 2 ** 20 ? maxLength : undefined,
    });
  } catch (error) {
    throw new CheckpointError(`${files.place}: ${(error as Error).message}`, { cause: error });
  }
}

async function readVocabulary(files: ModelFiles): Promise<ClipVocabulary> {
  const vocab = await readJsonFile(files, 'vocab.json');
  const merges = await readTextFile(files, 'merges.txt', (text) => text);
  if (vocab !== undefined && merges !== undefined) return { vocab, merges } as ClipVocabulary;
  const whole = (await readJsonFile(files, 'tokenizer.json')) as { model?: Fields } | undefined;
  const { model } = whole ?? {};
  if (model?.type !== 'BPE' || !Array.isArray(model.merges)) {
    const needed = "neither 'vocab.json' and 'merges.txt' nor a 'tokenizer.json' of CLIP";
    throw new CheckpointError(`${files.place}: there is ${needed}.`);
  }
  const lines = model.merges.map((pair: string | string[]) => (Array.isArray(pair) ? pair.join(' ') : pair));
  return { vocab: model.vocab, merges: lines } as ClipVocabulary;
}
