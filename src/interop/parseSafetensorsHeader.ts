import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';
import { foreignWeights } from './foreignWeights.js';
import {
  arrayClasses,
  isSafetensorsDtype,
  maxHeaderBytes,
  type SafetensorsDtype,
} from './safetensorsTypes.js';

/** Where one tensor lies: `begin` and `end` in bytes from the end of the header. */
export interface SafetensorsEntry {
  name: string;
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

/** A checked header: its entries cover the data without gap or overlap. */
export interface SafetensorsHeader {
  entries: SafetensorsEntry[];
  metadata: Record<string, string>;
  /** Where the data begin, in bytes from the start of the file. */
  dataStart: number;
}

/**
 * Reads and checks the header of a safetensors file. Every error names the tensor and the numbers.
 *
 * @param bytes The file, or its beginning up to what {@link headerEnd} says.
 * @param size Bytes of the whole file; undefined where that is not known.
 */
export function parseSafetensorsHeader(bytes: Uint8Array, size: number | undefined): SafetensorsHeader {
  const dataStart = headerEnd(bytes, size);
  const header = decodeHeader(bytes.subarray(8, dataStart));
  let metadata: Record<string, string> = {};
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = checkMetadata(value);
    else entries.push(checkEntry(name, value));
  }
  checkCover(entries, size === undefined ? undefined : size - dataStart);
  return { entries, metadata, dataStart };
}

function fail(problem: string): never {
  throw new CheckpointError(`readSafetensors: ${problem}`);
}

/**
 * Where the header ends and the data begin.
 *
 * @param head The file's first bytes: a kilobyte is enough.
 * @param size Bytes of the whole file; undefined where that is not known.
 */
export function headerEnd(head: Uint8Array, size: number | undefined): number {
  const foreign = foreignWeights(head);
  if (foreign) fail(foreign);
  if (head.byteLength < 8) {
    fail(`the file has ${head.byteLength} bytes; it must have at least the 8 of the header's length.`);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    fail(
      `by its first 8 bytes its header has ${length} bytes; at most ${maxHeaderBytes} are accepted. ` +
        'It is damaged, or no safetensors file.',
    );
  }
  const byteLength = Number(length);
  if (size !== undefined && byteLength > size - 8)
    fail(`the header's length is ${byteLength} bytes, but ${size - 8} follow: the file is cut off.`);
  return 8 + byteLength;
}

function decodeHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    fail(`the header is not JSON in UTF-8 (${error instanceof Error ? error.message : error}).`);
  }
  if (!isObject(value)) fail('the header is JSON but not an object.');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) fail(`the header has the key '${duplicate}' twice in one object.`);
  return value;
}

/** The first key that stands twice in one object of `json`, which must be valid JSON. */
function findDuplicateKey(json: string): string | undefined {
  const scopes: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') scopes.push(new Set());
    else if (character === '}' || character === ']') scopes.pop();
    else if (character === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      let next = i + 1;
      while (/\s/.test(json[next] ?? '')) next++;
      if (json[next] !== ':') continue;
      const key: string = JSON.parse(json.slice(start, i + 1));
      const keys = scopes[scopes.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function checkMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) fail(`__metadata__ is ${showJson(value)}; it must be an object of strings.`);
  const pairs = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') {
      fail(`__metadata__ '${key}' is ${showJson(text)}; it must be a string.`);
    }
    return [key, text];
  });
  return Object.fromEntries(pairs);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function checkEntry(name: string, value: unknown): SafetensorsEntry {
  const where = `tensor '${name}'`;
  if (!isObject(value)) fail(`${where} is ${showJson(value)}; it must be an object.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isSafetensorsDtype(dtype)) {
    const accepted = Object.keys(arrayClasses).join(', ');
    fail(`${where} has dtype ${showJson(dtype)}; accepted are ${accepted}.`);
  }
  if (!isCountList(shape)) {
    fail(`${where} has shape ${showJson(shape)}; it must be a list of integers of at least 0.`);
  }
  if (!isCountList(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    fail(`${where} has data_offsets ${showJson(offsets)}; they must be [begin, end], begin <= end.`);
  }
  const [begin, end] = offsets;
  const needed = shape.reduce((product, n) => product * n, arrayClasses[dtype].BYTES_PER_ELEMENT);
  if (needed !== end - begin) {
    fail(
      `${where}: shape [${shape.join(', ')}] of ${dtype} needs ${needed} bytes, ` +
        `data_offsets [${begin}, ${end}] hold ${end - begin}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Throws unless the entries, in the order of their offsets, cover `dataBytes` bytes, where known, exactly once. */
function checkCover(entries: SafetensorsEntry[], dataBytes: number | undefined): void {
  let position = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const where = `tensor '${name}' has data_offsets [${begin}, ${end}]`;
    if (dataBytes !== undefined && end > dataBytes)
      fail(`${where}, but the file holds ${dataBytes} bytes of data.`);
    if (begin < position) fail(`${where}, which overlap the tensor before it, ending at ${position}.`);
    if (begin > position) fail(`${where}: bytes ${position} to ${begin} belong to no tensor.`);
    position = end;
  }
  if (dataBytes !== undefined && position !== dataBytes) {
    fail(`the tensors end at byte ${position} of the data, but the file holds ${dataBytes} bytes of data.`);
  }
}
