/** Carries the id of a command or dead letter, by which the sweeper finds its record again; on facts it marks whose they are. */
export const MESSAGE_HEADER = 'cordyna-message';
