import type * as tf from '@tensorflow/tfjs-core';

/** A tensor of TensorFlow's: its number in the addon, shape and type. */
export interface Handle {
  id: number;
  shape: number[];
  dtype: number;
}

/** An attribute of an operation, as the addon takes it. */
export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** What is used of tfjs-node's backend and of the addon beneath it. */
export interface NodeBackend {
  binding: {
    executeOp(name: string, attributes: readonly Attribute[], inputs: number[], outputs: number): Handle[];
    createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView): number;
    deleteTensor(id: number): void;
    tensorDataSync(id: number): Float32Array;
  };
  isUsingGpuDevice: boolean;
  tensorMap: { get(dataId: object): { id: number } };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(handle: Handle): tf.TensorInfo;
  incRef(dataId: object): void;
}

/** TF_DataType of TensorFlow's C interface; the addon exports only a part. */
const types = { float: 1, int32: 3, int64: 9, bool: 10, uint32: 22, uint64: 23 };

/** TF_AttrType of TensorFlow's C interface. */
const attributeTypes = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 };

/** An attribute of an operation. A shape is one of type 'shape', a list of integers one of type 'int'. */
export function attribute(name: string, type: keyof typeof attributeTypes, value: unknown): Attribute {
  return { name, type: attributeTypes[type], value };
}

/** An attribute that names a type of tensors. */
export function typeAttribute(name: string, value: keyof typeof types): Attribute {
  return attribute(name, 'type', types[value]);
}

/** `T = float`, the attribute that most operations have. */
export const FLOAT: readonly Attribute[] = [typeAttribute('T', 'float')];

/** What an operation of oneDNN's own has besides, whose name TensorFlow puts in place of the usual one. */
export const ONE_DNN: Attribute = attribute('_kernel', 'string', 'MklNameChangeOp');

/**
 * Runs operations of TensorFlow below the tensors of TensorFlow.js: what lies between two operations of a kernel costs
 * no bookkeeping there, and is given back by {@link release}.
 */
export class EagerOps {
  private readonly made: number[] = [];

  /** @param constants Tensors that stay, by what they hold: one map a backend. */
  constructor(
    readonly backend: NodeBackend,
    private readonly constants: Map<string, Handle>,
  ) {}

  /** Runs an operation of one output. */
  run(name: string, attributes: readonly Attribute[], ...inputs: (tf.TensorInfo | Handle)[]): Handle {
    return this.runAll(name, attributes, inputs, 1)[0];
  }

  /** Runs an operation of any number of outputs. */
  runAll(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly (tf.TensorInfo | Handle)[],
    outputs: number,
  ): Handle[] {
    const ids = inputs.map((input) => this.idOf(input));
    const handles = this.backend.binding.executeOp(name, attributes, ids, outputs);
    for (const { id } of handles) this.made.push(id);
    return handles;
  }

  /** An operation that has no output. */
  call(name: string, attributes: readonly Attribute[], ...inputs: (tf.TensorInfo | Handle)[]): void {
    this.runAll(name, attributes, inputs, 0);
  }

  /** Floats, uploaded anew. */
  floats(shape: number[], values: Float32Array): Handle {
    return this.create('float', shape, values);
  }

  /** Integers of 64 bits, each as a low and a high word, uploaded anew. */
  int64(...words: number[]): Handle {
    return this.create('int64', [words.length / 2], Int32Array.from(words));
  }

  /** A list of integers, such as a shape; it stays. */
  int32(values: readonly number[]): Handle {
    return this.constant(`int32 ${values}`, () =>
      this.create('int32', [values.length], Int32Array.from(values)),
    );
  }

  /** A single integer; it stays. */
  integer(value: number): Handle {
    return this.constant(`integer ${value}`, () => this.create('int32', [], Int32Array.of(value)));
  }

  /** A float of which there are few; it stays. */
  float(value: number): Handle {
    return this.constant(`float ${value}`, () => this.create('float', [], Float32Array.of(value)));
  }

  /** A float that changes from step to step; it stays until `name` has another. */
  changing(name: string, value: number): Handle {
    const known = this.constants.get(name) as (Handle & { value?: number }) | undefined;
    if (known?.value === value) return known;
    if (known) this.backend.binding.deleteTensor(known.id);
    const handle = { ...this.take(this.create('float', [], Float32Array.of(value))), value };
    this.constants.set(name, handle);
    return handle;
  }

  /** What `make` makes the first time that something of this name is asked for; it stays. */
  constant(name: string, make: () => Handle): Handle {
    const known = this.constants.get(name);
    if (known) return known;
    const handle = this.take(make());
    this.constants.set(name, handle);
    return handle;
  }

  /** Takes a handle out of those that are released, for the caller. */
  take(handle: Handle): Handle {
    this.made.splice(this.made.lastIndexOf(handle.id), 1);
    return handle;
  }

  /** Gives a handle back before the end. */
  drop(handle: Handle): void {
    this.backend.binding.deleteTensor(this.take(handle).id);
  }

  /** The tensors of TensorFlow.js of results, which are the caller's; a tensor that was an input is shared. */
  results(values: readonly (tf.TensorInfo | Handle)[]): tf.TensorInfo[] {
    return values.map((value) => {
      if (!('dataId' in value)) return this.backend.createOutputTensor(this.take(value));
      this.backend.incRef(value.dataId as object);
      const { dataId, shape, dtype } = value;
      return { dataId, shape, dtype };
    });
  }

  /** Gives back everything that was made and not taken. */
  release(): void {
    for (const id of this.made) this.backend.binding.deleteTensor(id);
    this.made.length = 0;
  }

  private idOf(input: tf.TensorInfo | Handle): number {
    return 'dataId' in input ? this.backend.getInputTensorIds([input])[0] : input.id;
  }

  private create(type: keyof typeof types, shape: number[], values: Float32Array | Int32Array): Handle {
    const id = this.backend.binding.createTensor(shape, types[type], values);
    this.made.push(id);
    return { id, shape, dtype: types[type] };
  }
}
