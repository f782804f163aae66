/** Put in by the build. */
declare const DIFFUSION_SSL_VERSION: string | undefined;

/** This package's version; `'unbuilt'` where its sources run as they are. */
export const version: string = typeof DIFFUSION_SSL_VERSION === 'string' ? DIFFUSION_SSL_VERSION : 'unbuilt';
