/** What attention layers' parts were called in diffusers before version 0.13. */
const MODERN: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

/**
 * A state dict of diffusers under present names: the attention layers of old checkpoints, such as google/ddpm-* and the
 * VAE of Stable Diffusion 1, have `query`, `key`, `value` and `proj_attn` for `to_q`, `to_k`, `to_v` and `to_out.0`.
 *
 * @param tensors By name; those of other layers are left as they are.
 * @example
 * ```ts
 * import { modernAttentionNames } from 'diffusion-ssl/interop';
 *
 * const names = modernAttentionNames(new Map([['mid_block.attentions.0.proj_attn.bias', 1]])).keys();
 * console.log([...names]); // [ 'mid_block.attentions.0.to_out.0.bias' ]
 * ```
 */
export function modernAttentionNames<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  const pattern = /(\battentions\.\d+\.)(query|key|value|proj_attn)(\.(?:weight|bias))$/;
  return new Map(
    Array.from(tensors, ([name, tensor]) => [
      name.replace(
        pattern,
        (_, before: string, part: string, after: string) => before + MODERN[part] + after,
      ),
      tensor,
    ]),
  );
}
