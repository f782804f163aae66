import type { PretrainConfig } from '../config/PretrainConfig.js';

/** What an adaptation depends on: kept in its checkpoints. */
export interface LoraRunConfig {
  /** Folder of the pretrained network, or its address. */
  model: string;
  /** Where the chips of the new site come from; of the rest of it nothing is read but batch, epochs and seed. */
  chips: PretrainConfig;
  /** Root and catalog of chips of the site that the network comes from; missing: it is not looked at. */
  oldData?: string;
  oldCatalog?: string;

  /** Whether all weights are trained, in place of adapters. */
  full: boolean;
  rank: number;
  /** Missing: the rank. */
  alpha?: number;
  rslora: boolean;
  dropout: number;
  /** Ends of names, or one pattern that whole names match; missing: every linear layer and convolution. */
  targets?: string[];
  exclude: string[];

  /** Missing: that of adapters or of all weights. */
  lr?: number;
  schedule: 'cosine' | 'constant';
  warmup: number;
  weightDecay: number;
  clip: number;
  ema: number;
  /** γ of the min-SNR weights of the training loss; 0: all timesteps weigh the same. */
  minSnrGamma: number;

  /** Samples before and after, of texts for each prompt; 0: none; missing: 32, of texts 2. */
  samples?: number;
  sampleSteps: number;

  /** JSON lines of `file_name` and `text`, for a folder of Stable Diffusion. */
  captions?: string;
  /** Column of the catalog with captions, in their place. */
  captionColumn?: string;
  /** The values that are black and full brightness; missing: those of 8 bits. */
  range?: [number, number];
  /** What samples are of; missing: the first captions that are not trained on. */
  prompt?: string[];
  guidance: number;

  /** How adapters are written, and whether the network with them is too: all of a run in one way. */
  format: 'diffusers' | 'peft';
  merge: boolean;
}
