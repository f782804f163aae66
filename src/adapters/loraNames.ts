/** The parts of a pipeline that a file can hold adapters of, as files call them. */
export type LoraPart = 'unet' | 'text_encoder' | 'text_encoder_2';

/** What a tensor of a file is. */
export interface LoraTensorName {
  /** Undefined where the file does not say: it is then of one network alone. */
  part?: LoraPart;
  /** What torch calls the layer; of kohya's files with `_` for each point. */
  layer: string;
  kind: 'down' | 'up' | 'alpha';
  isKohya: boolean;
}

/** Ends of names of the two matrices: of peft, of diffusers and of kohya's programs. */
const ENDS = {
  down: /\.(?:lora_A(?:\.\w+)?|lora\.down|lora_linear_layer\.down|lora_down)\.weight$/,
  up: /\.(?:lora_B(?:\.\w+)?|lora\.up|lora_linear_layer\.up|lora_up)\.weight$/,
  alpha: /\.alpha$/,
};

/** Beginnings of names in files of kohya's programs. */
const KOHYA: Readonly<Record<string, LoraPart>> = {
  lora_unet_: 'unet',
  lora_te_: 'text_encoder',
  lora_te1_: 'text_encoder',
  lora_te2_: 'text_encoder_2',
};

/**
 * Reads the name of a tensor of adapters, in the convention of peft, of diffusers or of kohya's programs.
 *
 * @returns Undefined where it is none.
 */
export function parseLoraName(name: string): LoraTensorName | undefined {
  // What diffusers put before the layers of attention until 2023.
  const plain = name
    .replace(/\.processor\.(to_\w+)_lora\./, '.$1.lora.')
    .replace(/\.to_out\.lora\./, '.to_out.0.lora.');
  for (const kind of ['down', 'up', 'alpha'] as const) {
    const end = ENDS[kind].exec(plain);
    if (!end) continue;
    const whole = plain.slice(0, end.index);
    const kohya = Object.keys(KOHYA).find((prefix) => whole.startsWith(prefix));
    if (kohya) return { part: KOHYA[kohya], layer: whole.slice(kohya.length), kind, isKohya: true };
    const [, part, layer] = /^(?:(unet|text_encoder|text_encoder_2)\.)?(.*)$/s.exec(whole)!;
    return {
      part: part as LoraPart | undefined,
      layer: layer.replace(/^base_model\.model\./, '').replace(/^text_model\./, ''),
      kind,
      isKohya: false,
    };
  }
  return undefined;
}

/** How the two matrices of a layer are called behind its name. */
export type LoraStyle = 'lora_A' | 'lora' | 'lora_linear_layer';

/**
 * The convention of a part in diffusers' file. It calls attention's projections one way and other layers another way,
 * but reads a part by what its first tensor is called: so those of a U-Net are called its own way if they are all of
 * attention, and peft's if not; of a text encoder it needs one that is called its own way.
 */
export function diffusersStyle(part: LoraPart, layers: readonly string[]): LoraStyle {
  if (part !== 'unet') return 'lora_linear_layer';
  return layers.every((layer) => /(?:to_[qkv]|to_out\.0)$/.test(layer)) ? 'lora' : 'lora_A';
}

/** What a matrix of a layer is called. */
export function loraTensorName(layer: string, kind: 'down' | 'up', style: LoraStyle): string {
  if (style !== 'lora_A') return `${layer}.${style}.${kind}.weight`;
  return `${layer}.lora_${kind === 'down' ? 'A' : 'B'}.weight`;
}
