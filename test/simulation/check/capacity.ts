import type { Site } from '../actors/site.js';

const ENOUGH = 3;

/** At every moment coordinators know how many places servers have, as far as the last look and their own commits tell. */
export const checkCapacity = ({ miscounts }: Site): string[] => miscounts.slice(0, ENOUGH);
