import { AdditiveAttentionBlock } from '../layers/AdditiveAttentionBlock.js';
import { Conv1x1 } from '../layers/Conv1x1.js';
import { ConvBlock } from '../layers/ConvBlock.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { TimeEmbedding } from '../layers/TimeEmbedding.js';
import { UpconvBlock } from '../layers/UpconvBlock.js';
import { layerParameters } from './layerParameters.js';
import type { ResolvedUnetAttDConfig } from './UnetAttDConfig.js';

/** Height and width must be multiples of this: the network halves them five times. */
const SIZE_MULTIPLE = 32;

/** The layers of `unetAttD` that have parameters, not yet built: no tensor is allocated. */
export interface UnetAttDLayers {
  timeMlp: TimeEmbedding;
  /** `encoder_1` to `encoder_6`. */
  encoders: ConvBlock[];
  /** `decoder_1` (the deepest) to `decoder_5`. */
  decoders: UpconvBlock[];
  /** `Att1` to `Att5`, or none. */
  attention: AdditiveAttentionBlock[];
  /** `conv1` to `conv5`. */
  convs: ConvBlock[];
  outputConv: Conv1x1;
}

/** Makes the layers of a configuration. Their specifications are what is counted, built and mapped to torch. */
export function unetAttDLayers(config: ResolvedUnetAttDConfig): UnetAttDLayers {
  const { filterConfig: filters, blockNum, seed, upmode } = config;
  const cell = config.patchSize ** 2;
  const inChannels = config.inChannels * cell;
  const levels = [0, 1, 2, 3, 4];
  const block = (name: string, level: number, inChannels: number, index: number) =>
    new ConvBlock({
      name,
      seed,
      inChannels,
      outChannels: filters[level],
      convolutions: blockNum[level],
      dropoutRate: config.dropoutRate,
      dropoutType: config.dropoutType,
      dropoutIndex: index,
      sizeMultiple: index === 0 ? SIZE_MULTIPLE : 1,
    });
  return {
    timeMlp: new TimeEmbedding({
      name: 'time_mlp',
      seed,
      embeddingDim: config.timeEmbeddingDim,
      channels: filters[5],
    }),
    encoders: filters.map((_, i) => block(`encoder_${i + 1}`, i, i === 0 ? inChannels : filters[i - 1], i)),
    decoders: levels.map(
      (i) =>
        new UpconvBlock({
          name: `decoder_${i + 1}`,
          seed,
          inChannels: filters[5 - i],
          outChannels: filters[4 - i],
          upmode,
        }),
    ),
    attention: config.useSkipAtt
      ? levels.map(
          (i) =>
            new AdditiveAttentionBlock({
              name: `Att${i + 1}`,
              seed,
              channels: filters[4 - i],
              betweenChannels: i < 4 ? filters[3 - i] : Math.floor(filters[0] / 2),
            }),
        )
      : [],
    convs: levels.map((i) => block(`conv${i + 1}`, 4 - i, 2 * filters[4 - i], 6 + i)),
    outputConv: new Conv1x1({
      name: 'output_conv',
      seed,
      inChannels: filters[0],
      outChannels: config.outChannels * cell,
    }),
  };
}

/** Every parameter and buffer of a configuration under its torch name, in the order of torch's `state_dict`. */
export function unetAttDParameters(config: ResolvedUnetAttDConfig): ParameterSpec[] {
  const { timeMlp, encoders, decoders, attention, convs, outputConv } = unetAttDLayers(config);
  const layers: SpecLayer[] = [
    timeMlp,
    ...encoders,
    ...decoders.flatMap((decoder, i) => [decoder, convs[i]]),
    ...attention,
    outputConv,
  ];
  return layerParameters(layers);
}
