import type { Command } from 'commander';
import { choice, integer } from './flagValues.js';

/** What computes, as flags say it. */
export interface BackendOptions {
  backend: 'auto' | 'webgpu' | 'node' | 'wasm' | 'cpu';
  /** Whether WebGPU may run on the processor. */
  allowSoftware: boolean;
  threads?: number;
}

/** Adds the flags that choose what computes, of every command that does. */
export function addBackendFlags(program: Command): Command {
  return program
    .addOption(
      choice(
        '--backend <name>',
        'TensorFlow.js backend; auto takes the fastest that works here',
        ['auto', 'webgpu', 'node', 'wasm', 'cpu'],
        'wasm',
      ).env('DIFFUSION_SSL_BACKEND'),
    )
    .option('--allow-software', 'let WebGPU run on an adapter that computes on the processor', false)
    .option(
      '--threads <n>',
      'threads of the backend (default: 1 of wasm, which more of help on an idle machine; every core of node)',
      integer(1),
    );
}
