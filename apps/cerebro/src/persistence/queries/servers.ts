import type { InstanceState } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import type { ServerView } from '../../coordination/ports/index.js';
import { InstanceEntity, ServerEntity } from '../entities/index.js';

/** The first of these that one of its instances has is the state of a server. */
const BEST_FIRST: readonly InstanceState[] = ['online', 'draining', 'offline', 'lost'];

function stateOf(server: ServerEntity, instances: readonly InstanceEntity[]): ServerView['state'] {
  if (server.withdrawnAt) return 'withdrawn';
  const reporting = instances.filter(({ heartbeats }) => heartbeats);
  return BEST_FIRST.find((state) => reporting.some((one) => one.state === state)) ?? 'declared';
}

const viewOf = (server: ServerEntity, instances: readonly InstanceEntity[]): ServerView => ({
  server: server.server,
  version: server.version,
  team: server.team,
  contact: server.contact,
  description: server.description,
  state: stateOf(server, instances),
  instances: instances.map(({ instance, state, lastSeen, clockSkewMs }) => ({
    instance,
    state,
    lastSeen: lastSeen.toISOString(),
    clockSkewMs: clockSkewMs === null ? null : Math.round(clockSkewMs),
  })),
  tasks: server.withdrawnAt ? [] : server.tasks,
  notices: server.notices,
});

/** Every server that was ever declared, with its instances, but for those that have been gone for a day. */
export async function listServers(source: DataSource): Promise<readonly ServerView[]> {
  const servers = await source.getRepository(ServerEntity).find({ order: { server: 'ASC' } });
  const instances = await source
    .createQueryBuilder(InstanceEntity, 'i')
    .where(`i.state NOT IN ('lost', 'offline') OR i.last_seen > now() - interval '1 day'`)
    .orderBy('i.server')
    .addOrderBy('i.instance')
    .getMany();
  return servers.map((server) => {
    const own = instances.filter((one) => one.server === server.server);
    return viewOf(server, own);
  });
}
