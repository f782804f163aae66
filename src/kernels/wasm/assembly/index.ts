export * from './batchNorm';
