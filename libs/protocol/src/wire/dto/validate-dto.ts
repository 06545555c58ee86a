import { validateSync } from 'class-validator';
import type { EventType } from '../../model/index.js';
import type { DtoClass } from './constraints.js';
import { isJsonObject } from '../../model/index.js';
import { nestedTypeOf } from './constraints.js';
import { MESSAGES } from './messages.js';

/** Says by the decorators alone whether data is what its type asks for: the reference for the compiled schemas. */
export function acceptsByDto(type: EventType, data: unknown): boolean {
  if (!isJsonObject(data)) return false;
  return validateSync(instanceOf(MESSAGES[type], data), { forbidUnknownValues: true }).length === 0;
}

// Not by class-transformer: a member named `constructor` makes it throw, and also misleads class-validator.
function instanceOf(type: DtoClass, data: Record<string, unknown>): object {
  const instance = new type() as Record<string, unknown>;
  for (const [name, value] of Object.entries(data)) {
    if (name === 'constructor') continue;
    const nested = nestedTypeOf(type.prototype as object, name);
    instance[name] = nested ? nestedValue(nested, value) : value;
  }
  return instance;
}

function nestedValue(type: DtoClass, value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item) => (isJsonObject(item) ? instanceOf(type, item) : NO_OBJECT));
  return isJsonObject(value) ? instanceOf(type, value) : value;
}

/** Refused by the list's own constraint as whatever stood there would be, and class-validator does not descend. */
const NO_OBJECT = 0;
