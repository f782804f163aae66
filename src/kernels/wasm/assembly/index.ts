export * from './attention';
export * from './batchNorm';
export * from './batchNormGradient';
export * from './channels';
export * from './dropout';
export * from './maxPool';
export * from './runningStatistics';
