import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { EventType } from '../../model/index.js';
import { MESSAGES } from './messages.js';

/** Says by the decorators alone whether data is what its message type asks for: the reference for the compiled schemas. */
export function acceptsByDto(type: EventType, data: unknown): boolean {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  return validateSync(plainToInstance(MESSAGES[type], data), { forbidUnknownValues: true }).length === 0;
}
