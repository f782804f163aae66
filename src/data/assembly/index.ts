export * from './inflate';
export { lzw } from './lzw';
export * from './memory';
export * from './pixels';
