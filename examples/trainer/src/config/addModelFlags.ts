import { type Command, InvalidArgumentError } from 'commander';
import {
  choice,
  integer,
  integers,
  names,
  number,
  numberBelow,
  numbers,
  oneOfNumbers,
  share,
} from './flagValues.js';

/** Adds the flags for the diffusion and the network. */
export function addModelFlags(program: Command): void {
  program
    .optionsGroup('Diffusion')
    .option('--timesteps <n>', 'length of the noise schedule', integer(2, 1e6), 1000)
    .addOption(
      choice(
        '--timestep-sampling <kind>',
        'spread the timesteps of a batch over the schedule, or draw them independently',
        ['stratified', 'uniform'],
        'stratified',
      ),
    )
    .addOption(choice('--prediction-type <kind>', 'what the network predicts', ['noise', 'x0', 'v'], 'x0'))
    .addOption(
      choice(
        '--noise-schedule <type>',
        'shape of the schedule',
        ['linear', 'cosine', 'squaredcos_cap_v2', 'scaled_linear', 'sigmoid'],
        'squaredcos_cap_v2',
      ),
    )
    .option('--beta-start <x>', 'first variance', number, 1e-6)
    .option('--beta-end <x>', 'last variance', number, 0.02)
    .option('--zero-terminal-snr', 'rescale the schedule so that it ends at nothing but noise', false)
    .optionsGroup('Network')
    .addOption(
      choice(
        '--model <name>',
        "the tutorial's attention U-Net, the U-Net of diffusers (UNet2DModel), or the transformers U-ViT and DiT",
        ['unet_att_d', 'unet2d', 'uVit', 'dit'],
        'unet_att_d',
      ),
    )
    .option(
      '--patch-size <n>',
      '2: 2 × 2 pixels are one of four times the bands to the network (on the sample chips: 2)',
      oneOfNumbers([1, 2]),
      1,
    )
    .option(
      '--filter-config <channels>',
      'channels of the six levels (on the sample chips: 32,64,128,128,128,128)',
      integers(1, [6]),
      [16, 32, 64, 128, 128, 128],
    )
    .option(
      '--block-num <counts>',
      'convolutions a block, for each level (on the sample chips: 1 each)',
      integers(1, [6]),
      [1, 1, 2, 2, 2, 2],
    )
    .option('--dropout-rate <x>', 'at the end of each block', numberBelow(1), 0)
    .addOption(
      choice('--dropout-type <type>', 'values or channels', ['traditional', 'spatial'], 'traditional'),
    )
    .option(
      '--skip-drop-rate <shares>',
      'chips of a training batch that go without a skip connection: one share, or five from the level of the image on',
      skipRates,
      [0],
    )
    .addOption(choice('--upmode <mode>', 'upsampling', ['fixed', 'deconv_1', 'deconv_2', 'DUC'], 'deconv_2'))
    .option('--attention', 'with attention gates', true)
    .option('--no-attention', 'without attention gates')
    .option('--time-embedding-dim <n>', 'size of the timestep embedding', integer(1), 128)
    .option(
      '--block-out-channels <channels>',
      'of unet2d: channels of each resolution, multiples of 4',
      integers(1),
      [32, 64, 128, 128],
    )
    .option('--layers-per-block <n>', 'of unet2d: ResNet blocks of a resolution', integer(1), 1)
    .option(
      '--attention-levels <levels>',
      'of unet2d: resolutions with attention, 1 being that of the chips, or none (default: the two deepest)',
      levels,
    )
    .option(
      '--token-size <n>',
      'of uVit and dit: side of the patches that are tokens, in pixels',
      integer(1),
      4,
    )
    .option(
      '--embed-dim <n>',
      'of uVit and dit: channels of a token, a multiple of --num-heads',
      integer(1),
      192,
    )
    .option('--depth <n>', 'of uVit and dit: blocks; uVit has one more', integer(1), 8)
    .option('--num-heads <n>', 'of uVit and dit: heads of the attention', integer(1), 3)
    .optionsGroup('Conditions')
    .option(
      '--conditions <list>',
      'of unet2d: columns of the catalog that it is told, such as group:class, height:linear:0:9000:m, ' +
        'sun:cyclic:0:360:degrees or before:image; of lat, lon, gsd, month and others the name is enough; ' +
        'gaps:fill is no column: the chip with gaps; nor is ' +
        'kinds:given:optical=1-3:elevation=4: some of its modalities',
      names,
      [],
    )
    .option(
      '--condition-dropout <p>',
      'share of the training chips that go without a condition, of each by itself',
      share,
      0.1,
    )
    .option(
      '--condition-dropout-all <p>',
      'share of those that go without all of them, for guidance',
      share,
      0.1,
    );
}

function levels(text: string): number[] {
  return text.trim() === 'none' ? [] : integers(1)(text);
}

function skipRates(text: string): number[] {
  const values = numbers(text);
  if ([1, 5].includes(values.length) && values.every((value) => value >= 0 && value < 1)) return values;
  throw new InvalidArgumentError('It must be 1 or 5 numbers from 0 to below 1.');
}
