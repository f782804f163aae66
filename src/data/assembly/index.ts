export * from './inflate';
export * from './pixels';
