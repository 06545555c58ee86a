import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { JsonValue } from '@cordyna/protocol/model';
import { v7 as uuidv7 } from 'uuid';
import {
  CIRRUS_QUEUES,
  CIRRUS_SOURCE,
  DefinitionQueries,
  Definitions,
  EventQueries,
  Events,
  RequestRefused,
  type CirrusQueue,
} from '../../coordination/index.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { JsonBody } from '../request/json-body.js';
import { EventNamePipe } from '../request/parameters.js';
import {
  CIRRUS_TYPES,
  KIND_OF,
  toAction,
  toDefinition,
  toPayload,
  toPayloadPath,
  type CirrusType,
} from './cirrus-body.js';
import { entryOf, isOfCirrus, type CirrusEntry } from './cirrus-view.js';
import { CirrusFilter } from './cirrus.filter.js';

type Done = { readonly msg: string; readonly status: 'OK' };
type Messages = { readonly msgs: readonly object[]; readonly status: 'OK' | 'FAIL' };

const RULE_STATES = ['dispatch', 'start', 'fail', 'success', 'end'];
const NOBODY = { author: null, reason: null };
const PAGE = 500;
const WRONG: Messages = { msgs: [{ msg: 'wrong action' }], status: 'FAIL' };

/** The HTTP interface of Cirrus (github.com/cschin/cirrus), for its own clients: docs/cirrus.md. */
@ApiExcludeController()
@UseFilters(CirrusFilter)
@Controller()
export class CirrusController {
  constructor(
    @Inject(Definitions) private readonly definitions: Definitions,
    @Inject(DefinitionQueries) private readonly stored: DefinitionQueries,
    @Inject(Events) private readonly events: Events,
    @Inject(EventQueries) private readonly queries: EventQueries,
  ) {}

  @Get('r/:type/:name')
  async get(@Param('type') asked: string, @Param('name', EventNamePipe) name: string): Promise<CirrusEntry> {
    const type = knownType(asked);
    const found = await this.stored.definition(KIND_OF[type], name);
    if (found && isOfCirrus(type, found)) return { ...entryOf(type, found), status: 'OK' };
    throw new ProblemError('unknown-definition', `${type}:${name} not found`);
  }

  @Put('r/:type/:name')
  async put(
    @Param('type') asked: string,
    @Param('name', EventNamePipe) name: string,
    @JsonBody() sent: unknown,
  ): Promise<Done> {
    const type = knownType(asked);
    const { body, prefix } = toDefinition(type, toPayload(sent));
    const change = { kind: KIND_OF[type], name, action: 'put', body, path: '' } as const;
    await this.definitions.change([change], NOBODY).catch((error: unknown) => {
      if (!(error instanceof RequestRefused)) throw error;
      const errors = error.errors.map(({ path, message }) => ({
        path: toPayloadPath(path, prefix),
        message,
      }));
      throw new RequestRefused(error.code, error.message, errors);
    });
    return { msg: `set ${type}:${name}`, status: 'OK' };
  }

  @Delete('r/:type/:name')
  async remove(@Param('type') asked: string, @Param('name', EventNamePipe) name: string): Promise<Done> {
    const type = knownType(asked);
    const change = { kind: KIND_OF[type], name, action: 'remove', body: {}, path: '' } as const;
    await this.definitions.change([change], NOBODY).catch((error: unknown) => {
      // As in Cirrus, what is not there is removed too.
      if (!(error instanceof RequestRefused) || error.code !== 'unknown_definition') throw error;
    });
    return { msg: `${type}:${name} deleted`, status: 'OK' };
  }

  @Post('r/:type/:name')
  @HttpCode(200)
  async act(
    @Param('type') asked: string,
    @Param('name', EventNamePipe) name: string,
    @JsonBody() sent: unknown,
  ): Promise<Messages> {
    const type = knownType(asked);
    const action = toAction(sent);
    if (type === 'event' && action?.action === 'trigger') return this.trigger(name, action);
    if (type !== 'rule' || !action || !RULE_STATES.includes(action.action)) return WRONG;
    await this.events.noteRuleState(name, action.action);
    return { msgs: [{ msg: `rule '${name}' state '${action.action}' recorded` }], status: 'OK' };
  }

  private async trigger(
    type: string,
    { force, sent }: NonNullable<ReturnType<typeof toAction>>,
  ): Promise<Messages> {
    const { rules } = await this.events.tell({
      ...{
        source: CIRRUS_SOURCE,
        id: uuidv7(),
        type,
        subject: null,
        at: null,
        data: sent,
        force,
        note: sent,
      },
    });
    if (rules.length === 0) return { msgs: [{ msg: 'no rule is triggered' }], status: 'OK' };
    const msgs = rules.map((rule) => ({ msg: `rule '${rule}' trigged by '${type}'`, zmq_push_status: 'OK' }));
    return { msgs, status: 'OK' };
  }

  @Get('q/:type')
  async list(@Param('type') asked: string): Promise<readonly CirrusEntry[]> {
    const queue = queueOf(asked);
    if (!queue) return this.all(knownType(asked));
    const member = queue === 'event' ? 'event' : 'rule';
    const entries = await this.queries.cirrusQueue(queue);
    return entries.map(({ name, payload, at }) => ({
      [member]: name,
      payload: payload as JsonValue,
      ts: at / 1_000,
    }));
  }

  @Delete('q/:type')
  async clear(@Param('type') asked: string): Promise<Done> {
    const queue = queueOf(asked);
    if (!queue) throw new ProblemError('unknown-definition', `${asked} not found`);
    await this.events.clearQueue(queue);
    return { msg: `${asked} deleted`, status: 'OK' };
  }

  private async all(type: CirrusType): Promise<readonly CirrusEntry[]> {
    const entries: CirrusEntry[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
      const { items, next } = await this.stored.definitions(KIND_OF[type], page);
      for (const one of items) if (isOfCirrus(type, one)) entries.push(entryOf(type, one));
      more = next !== null;
      cursor = next ?? undefined;
    }
    return entries;
  }
}

function knownType(asked: string): CirrusType {
  const type = CIRRUS_TYPES.find((one) => one === asked);
  if (type) return type;
  throw new ProblemError('unknown-definition', `${asked} not found: there are ${CIRRUS_TYPES.join(', ')}`);
}

const queueOf = (asked: string): CirrusQueue | undefined =>
  CIRRUS_QUEUES.find((one) => `queue:${one}` === asked);
