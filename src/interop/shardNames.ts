/** The file that says in which shard each tensor of `name`, a file in several parts, is. */
export const indexName = (name: string): string => `${name}.index.json`;

const SUFFIX = '.safetensors';

/** The names of `count` shards, as transformers and diffusers have them: `model-00001-of-00003.safetensors`. */
export function shardNames(name: string, count: number, mark = ''): string[] {
  const number = (n: number) => String(n).padStart(5, '0');
  return Array.from(
    { length: count },
    (_, i) => `${stem(name)}${mark}-${number(i + 1)}-of-${number(count)}${SUFFIX}`,
  );
}

/** Whether a file is a shard of `name`, with any mark. */
export function isShardOf(name: string, file: string): boolean {
  const start = stem(name);
  return file.startsWith(start) && /^(?:-b)?-\d{5,}-of-\d{5,}\.safetensors$/.test(file.slice(start.length));
}

/** Whether a name is one of a file beside the index, and not a path that leads elsewhere. */
export function isPlainName(name: string): boolean {
  return name.endsWith(SUFFIX) && !/[/\\:\0]/.test(name) && !name.startsWith('.');
}

function stem(name: string): string {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
}
