import type { CompilePattern } from '@cordyna/engine';
import { linearRegExp } from '../linear-reg-exp.js';

/** Patterns of policies come from people, and are applied to what others send. */
export const compilePattern: CompilePattern = (pattern) => linearRegExp(pattern, '');
