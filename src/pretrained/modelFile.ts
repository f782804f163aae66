/** What says which network a folder holds, and what for. */
export const MODEL_FILE = 'diffusion_ssl.json';

/** Where the header of the weights holds the mark of the save that they are of. */
export const SAVE_KEY = 'diffusion-ssl-model';
