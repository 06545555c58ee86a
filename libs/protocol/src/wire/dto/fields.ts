import { NAME_PATTERN, QUALIFIED_NAME_PATTERN } from '../../model/index.js';
import { Matching, MatchingList, Text, Whole } from './constraints.js';

/** A century: with it, every time in the future is still one that JavaScript and PostgreSQL can hold. */
export const MAX_DURATION_MS = 3_155_760_000_000;
/** Attempts and counts fit in a PostgreSQL integer. */
export const MAX_COUNT = 2_147_483_647;
/** In characters: keys of database indexes, whose entries are limited to about 2700 bytes. */
export const MAX_ID_CHARACTERS = 256;
export const MAX_KEY_CHARACTERS = 512;

const REFERENCE_PATTERN = '^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?(\\.[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?)?$';
const UUID_PATTERN = '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$';
const ERROR_CODE_PATTERN = '^[a-z0-9_]{1,64}$';
const NAME_RULE = '1 to 64 of a-z, 0-9, "_", "-", with a letter or digit at both ends';
const REFERENCE_RULE = `a name or <server>.<name>, each ${NAME_RULE}`;

/** A server, task or job name. */
export const Name = (): PropertyDecorator => Matching(NAME_PATTERN, `a name: ${NAME_RULE}`);

/** `<server>.<task>` or `<server>.<job>`. */
export const QualifiedName = (): PropertyDecorator =>
  Matching(QUALIFIED_NAME_PATTERN, `<server>.<name>, each ${NAME_RULE}`);

/** A qualified name, or a bare one of the same server. */
export const Reference = (): PropertyDecorator => Matching(REFERENCE_PATTERN, REFERENCE_RULE);
export const ReferenceList = (): PropertyDecorator => MatchingList(REFERENCE_PATTERN, REFERENCE_RULE);

export const Uuid = (): PropertyDecorator => Matching(UUID_PATTERN, 'a UUID');
export const ErrorCode = (): PropertyDecorator =>
  Matching(ERROR_CODE_PATTERN, 'an error code: 1 to 64 of a-z, 0-9, "_"');
/** An id that somebody gave; compared, never interpreted. */
export const Id = (): PropertyDecorator => Text({ min: 1, max: MAX_ID_CHARACTERS });
export const DurationMs = (min = 1): PropertyDecorator => Whole(min, MAX_DURATION_MS);
export const Count = (min = 0): PropertyDecorator => Whole(min, MAX_COUNT);
