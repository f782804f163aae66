/** Parts of a training step that are timed together, in the order of the table. */
export const families = [
  'convolution',
  'convolution, input gradient',
  'convolution, filter gradient',
  'transposed convolutions',
  'depthwise convolution',
  'depthwise, input gradient',
  'depthwise, filter gradient',
  'batch norm',
  'dropout',
  'pooling',
  'attention gate',
  'attention',
  'group norm',
  'layer norm',
  'activations',
  'resampling',
  'concatenation',
  'bias',
  'elementwise adds',
  'optimizer',
  'other',
] as const;

export type Family = (typeof families)[number];

/** The operation of `src/ops` in whose code a kernel runs tells what it is for, also where stock kernels compose it. */
const familyOfFile: Record<string, Family> = {
  conv2dTranspose: 'transposed convolutions',
  batchNorm: 'batch norm',
  updateRunningStatistics: 'batch norm',
  dropout: 'dropout',
  maxPool2d: 'pooling',
  addRelu: 'attention gate',
  attentionGate: 'attention gate',
  concatChannels: 'concatenation',
  biasAdd: 'bias',
  addToPixels: 'bias',
  attention: 'attention',
  attentionBlocks: 'attention',
  groupNorm: 'group norm',
  layerNorm: 'layer norm',
  silu: 'activations',
  geglu: 'activations',
  upsampleNearest2d: 'resampling',
  upsampleConv2d: 'resampling',
  downsampleConv2d: 'resampling',
};

/** What the kernels of TensorFlow.js are for where a layer of tf.layers, or nobody in particular, calls them. */
const familyOfStock: Record<string, Family> = {
  Conv2D: 'convolution',
  FusedConv2D: 'convolution',
  Conv2DBackpropInput: 'convolution, input gradient',
  Conv2DBackpropFilter: 'convolution, filter gradient',
  DepthwiseConv2dNative: 'depthwise convolution',
  DepthwiseConv2dNativeBackpropInput: 'depthwise, input gradient',
  DepthwiseConv2dNativeBackpropFilter: 'depthwise, filter gradient',
  MaxPool: 'pooling',
  MaxPoolGrad: 'pooling',
  AvgPool: 'pooling',
  AvgPoolGrad: 'pooling',
  FusedBatchNorm: 'batch norm',
  Concat: 'concatenation',
  Add: 'elementwise adds',
  AddN: 'elementwise adds',
};

/** The family of the kernel that is about to run, by the functions that called it. */
export function kernelFamily(kernelName: string): Family {
  const calls = callers();
  for (const { file, name } of calls) {
    if (file === 'conv2d' && /ChannelSum|PixelMean/.test(kernelName)) return 'bias';
    if (file === 'conv2d') return convolution(kernelName, calls.map((call) => call.name).join(' '));
    if (name === 'applyGradients') return 'optimizer';
    if (familyOfFile[file]) return familyOfFile[file];
  }
  return familyOfStock[kernelName] ?? 'other';
}

function convolution(kernelName: string, names: string): Family {
  if (/BackpropInput/.test(kernelName) || /inputGradient/.test(names)) return 'convolution, input gradient';
  if (/BackpropFilter/.test(kernelName) || /filterGradient/.test(names))
    return 'convolution, filter gradient';
  return 'convolution';
}

/** The functions of `src/ops` and `src/optimizers` on the stack, innermost first. */
function callers(): { file: string; name: string }[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  Error.prepareStackTrace = (_, sites) => sites;
  const sites = new Error().stack as unknown as NodeJS.CallSite[];
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return sites.flatMap((site) => {
    const file = /src[\\/](?:ops|optimizers)[\\/](\w+)\.ts/.exec(site.getFileName() ?? '')?.[1];
    return file === undefined ? [] : [{ file, name: site.getFunctionName() ?? '' }];
  });
}
