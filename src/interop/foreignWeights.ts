import { fileKind } from '../internal/fileKind.js';

const SAVE_ARRAYS = 'from safetensors.numpy import save_file';
const SAVE_TENSORS = 'from safetensors.torch import save_file';

/** Programs for `python -c` that write the tensors of a file, by its usual suffix, as safetensors. */
const PROGRAMS: Readonly<Record<string, string>> = {
  // Of a checkpoint that holds several dictionaries, the first of those with the most tensors.
  pth:
    `import sys, torch; ${SAVE_TENSORS}; d = torch.load(sys.argv[1], map_location='cpu', weights_only=True); ` +
    'd = max([d, *(v for v in d.values() if isinstance(v, dict))], ' +
    'key=lambda d: sum(map(torch.is_tensor, d.values()))); ' +
    'save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, sys.argv[2])',
  npz:
    `import sys, numpy; ${SAVE_ARRAYS}; ` +
    'save_file({k: numpy.ascontiguousarray(v) for k, v in numpy.load(sys.argv[1]).items()}, sys.argv[2])',
  h5:
    `import sys, h5py; ${SAVE_ARRAYS}; t = {}; h5py.File(sys.argv[1]).visititems(lambda n, v: ` +
    "t.update({n.replace('/', '.'): v[()]}) if isinstance(v, h5py.Dataset) else None); save_file(t, sys.argv[2])",
  'index.json':
    'import sys, json, os, torch; from safetensors.torch import load_file, save_file; p = sys.argv[1]; ' +
    "load = lambda f: load_file(f) if f.endswith('.safetensors') else torch.load(f, weights_only=True); " +
    "files = set(json.load(open(p))['weight_map'].values()); save_file({k: v.clone().contiguous() for f in files " +
    'for k, v in load(os.path.join(os.path.dirname(p), f)).items()}, sys.argv[2])',
};

const convert = (suffix: string) => `python -c "${PROGRAMS[suffix]}" in.${suffix} out.safetensors`;

/** What helps with a kind that its family does not tell, by its usual suffix. */
const ADVICE: Readonly<Record<string, string>> = {
  pth: `convert it: ${convert('pth')}`,
  'index.json': `join them: ${convert('index.json')}`,
  npz: `convert it: ${convert('npz')}`,
  h5: `write its arrays, and give them torch's names and axis order: ${convert('h5')}`,
  pkl: 'load it in Python and write its tensors with save_file of safetensors.torch',
};

/**
 * What a file is that was to hold weights as safetensors, and what to do, such as the command that converts it.
 *
 * @param head The file's first bytes: a kilobyte is enough, fewer tell less.
 * @returns Undefined for a safetensors file, whole or not, for no bytes, and for what is not known.
 */
export function foreignWeights(head: Uint8Array): string | undefined {
  const kind = fileKind(head);
  if (!kind || kind.suffix === 'safetensors') return undefined;
  const advice = kind.remedy ?? ADVICE[kind.suffix] ?? 'give the weights as a safetensors file';
  return `it is ${kind.what}, not a safetensors file; ${advice}`;
}
