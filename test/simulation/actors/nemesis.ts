import { TOPICS, type Site } from './site.js';
import type { Clients } from './clients.js';
import type { Fleet } from './fleet.js';
import type { TaskServer } from './task-server.js';

const EVERY_MS = 500;

/** Breaks things, at random moments, until the world is healed. */
export class Nemesis {
  constructor(
    private readonly site: Site,
    private readonly fleet: Fleet,
    private readonly servers: readonly TaskServer[],
    private readonly clients: Clients,
  ) {}

  start(): void {
    const { world, faults } = this.site;
    if (faults.isHealed) return;
    this.strike();
    world.after(EVERY_MS, null, () => this.start());
  }

  private perMinute(what: 'storeOutage' | 'busOutage' | 'kill' | 'stop' | 'restart' | 'serverKill'): boolean {
    const { faults, random } = this.site;
    const happens = random.chance((faults.plan[`${what}PerMinute`] * EVERY_MS) / 60_000);
    if (happens) faults.count(what);
    return happens;
  }

  private strike(): void {
    const { faults, random, broker, group } = this.site;
    if (this.perMinute('kill')) this.fleet.any()?.process.kill();
    if (this.perMinute('stop')) {
      const one = this.fleet.any();
      if (one) faults.stop(one.process);
    }
    if (this.perMinute('restart')) this.fleet.terminate();
    if (this.perMinute('storeOutage')) this.storeOutage();
    if (this.perMinute('busOutage')) this.busOutage();
    if (this.perMinute('serverKill')) this.strikeServer();
    if (faults.happens('poison')) this.clients.nonsense();
    if (faults.happens('rewind') && random.chance(0.1)) group.rebalance();
    if (faults.happens('control'))
      broker.appendControl(random.pick([TOPICS.events, TOPICS.servers]), random.between(0, 1));
  }

  private storeOutage(): void {
    const { faults, random, world } = this.site;
    faults.storeDown = true;
    world.after(random.between(200, 9_000), null, () => (faults.storeDown = false));
  }

  private busOutage(): void {
    const { faults, random, world } = this.site;
    faults.busGoes();
    world.after(random.between(200, 9_000), null, () => faults.busIsBack());
  }

  private strikeServer(): void {
    const { faults, random, world } = this.site;
    const server = random.pick(this.servers);
    const instance = server.any();
    if (!instance) return;
    const how = random.pick(['kill', 'stop', 'drain'] as const);
    if (how === 'stop') return faults.stop(instance.process);
    if (how === 'kill') instance.process.kill();
    else server.drain(instance);
    world.after(random.between(500, 8_000), null, () => server.startInstance());
  }
}
