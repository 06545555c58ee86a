import { isJsonObject } from '@cordyna/protocol/model';
import { toCloudEvent } from '@cordyna/protocol/wire';
import { v7 as uuidv7 } from 'uuid';
import type { NewEvent } from '../../coordination/index.js';
import { ProblemError } from '../problem/problem-kinds.js';

/**
 * The body of `POST /api/v1/signals`: a CloudEvent, whose specversion, id and source may be left out.
 * @throws ProblemError 400 without a body, 422 when it is no CloudEvent
 */
export function toNewEvent(body: unknown): NewEvent {
  if (body === undefined) throw new ProblemError('malformed-request', 'the body is missing');
  const sent = isJsonObject(body)
    ? {
        ...body,
        specversion: body.specversion ?? '1.0',
        id: body.id ?? uuidv7(),
        source: body.source ?? '/http',
      }
    : body;
  const decoded = toCloudEvent(sent);
  if (!decoded.ok) {
    const [, member = ''] = /^(\w+) (?:must|is)\b/.exec(decoded.detail) ?? [];
    const path = isJsonObject(body) && member !== 'the' && member !== '' ? `/${member}` : '';
    const message = path === '' ? decoded.detail : decoded.detail.slice(member.length + 1);
    throw new ProblemError('invalid-body', decoded.detail, [{ path, message }]);
  }
  const { source, id, type, subject = null, time, data } = decoded.event;
  return { source, id, type, subject, at: time === undefined ? null : Date.parse(time), data };
}
