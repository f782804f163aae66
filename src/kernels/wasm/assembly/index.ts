export * from './batchNorm';
export { clear } from './simd';
export { setThread } from './thread';
export * from './packFilter';
export * from './convolve';
export * from './filterGradient';
export { winogradFilter } from './winogradFilter';
export * from './winogradConvolve';
export * from './winogradGradient';
