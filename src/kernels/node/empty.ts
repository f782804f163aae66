import { type EagerOps, FLOAT, type Handle, typeAttribute } from './EagerOps.js';

/** A tensor without values, for an input that is missing; it stays. */
export function empty(ops: EagerOps): Handle {
  return ops.constant('empty', () =>
    ops.run('Fill', [...FLOAT, typeAttribute('index_type', 'int32')], ops.int32([0]), ops.float(0)),
  );
}
