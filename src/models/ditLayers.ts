import { DitBlock, type DitBlockConfig } from '../layers/DitBlock.js';
import { DitFinalLayer } from '../layers/DitFinalLayer.js';
import { EmbeddingTable } from '../layers/EmbeddingTable.js';
import { normalValues, xavierUniform } from '../layers/ParameterSpec.js';
import { PatchEmbed } from '../layers/PatchEmbed.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { TimestepMlp } from '../layers/TimestepMlp.js';
import { TokenSequence } from '../layers/TokenSequence.js';

/** What a diffusion transformer is made of, common to the authors' and diffusers'. */
export interface DitSettings extends Pick<DitBlockConfig, 'qkvBias' | 'epsilon' | 'affine' | 'approximate'> {
  names: 'dit' | 'diffusers';
  seed: number;
  grid: readonly [number, number];
  patchSize: number;
  inChannels: number;
  outChannels: number;
  channels: number;
  heads: number;
  hidden: number;
  depth: number;
  /** Rows of the table of classes. Absent: there is none. */
  rows?: number;
}

/** What makes the vector of a sample: of its timestep and, where there are any, of its class. */
export interface DitCondition {
  time: TimestepMlp;
  classes?: EmbeddingTable;
}

/** The layers of a diffusion transformer, not yet built: no tensor is allocated. */
export interface DitLayers {
  tokens: TokenSequence;
  patchEmbed: PatchEmbed;
  /** One for all blocks, or one for each; the end takes the first. */
  conditions: DitCondition[];
  blocks: DitBlock[];
  final: DitFinalLayer;
}

/** Width of the timestep's sinusoid, which no option changes. */
const SINUSOID = 256;

/** Makes the layers of a diffusion transformer. */
export function ditLayers(settings: DitSettings): DitLayers {
  const { names, seed, channels, patchSize, inChannels, rows, depth } = settings;
  const { qkvBias, epsilon, affine, approximate } = settings;
  const initialization = normalValues(0.02);
  const isTheirs = names === 'diffusers';
  const block = (i: number) => (isTheirs ? `transformer_blocks.${i}` : `blocks.${i}`);
  const condition = (time: string, classes: string): DitCondition => ({
    time: new TimestepMlp({
      name: time,
      seed,
      inFeatures: SINUSOID,
      channels,
      names: isTheirs ? undefined : ['mlp.0', 'mlp.2'],
      initialization,
      // 10,000^(−k / 127) in diffusers, in the authors' code / 128.
      sinusoid: { dim: SINUSOID, flipSinToCos: true, freqShift: isTheirs ? 1 : 0 },
    }),
    classes:
      rows === undefined
        ? undefined
        : new EmbeddingTable({ name: `${classes}.embedding_table`, seed, rows, channels, initialization }),
  });
  const ofBlock = (i: number) => {
    const prefix = `${block(i)}.norm1.emb`;
    return condition(`${prefix}.timestep_embedder`, `${prefix}.class_embedder`);
  };
  return {
    tokens: new TokenSequence({
      name: 'tokens',
      channels,
      grid: settings.grid,
      positions: isTheirs ? 'sine' : 'storedSine',
    }),
    patchEmbed: new PatchEmbed({
      name: isTheirs ? 'pos_embed' : 'x_embedder',
      seed,
      inChannels,
      channels,
      patchSize,
      // The authors' begins as a linear layer of the patch's values.
      initialization: isTheirs ? undefined : xavierUniform(inChannels * patchSize ** 2, channels),
    }),
    conditions: isTheirs
      ? Array.from({ length: depth }, (_, i) => ofBlock(i))
      : [condition('t_embedder', 'y_embedder')],
    blocks: Array.from({ length: depth }, (_, i) => {
      const own = { qkvBias, epsilon, affine, approximate, heads: settings.heads, hidden: settings.hidden };
      return new DitBlock({ name: block(i), seed, channels, names, ...own });
    }),
    final: new DitFinalLayer({
      name: 'final_layer',
      seed,
      channels,
      outChannels: patchSize ** 2 * settings.outChannels,
      names,
    }),
  };
}

/** The layers that have parameters, in the order of the authors' `state_dict`; that of diffusers is close to it. */
export function ditLayerList({ tokens, patchEmbed, conditions, blocks, final }: DitLayers): SpecLayer[] {
  const embedders = conditions.flatMap(({ time, classes }) => (classes ? [time, classes] : [time]));
  return [tokens, patchEmbed, ...embedders, ...blocks, final];
}
