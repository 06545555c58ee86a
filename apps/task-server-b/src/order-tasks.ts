import { Injectable } from '@nestjs/common';
import { TaskFailure } from '@cordyna/task-server';
import type { TaskContext } from '@cordyna/task-server';
import { Task } from '@cordyna/task-server/nest';

interface Order {
  readonly order: number;
  readonly amount: number;
}

/** Works on what another team's server read. Outputs of dependencies are merged into `args`. */
@Injectable()
export class OrderTasks {
  @Task({
    name: 'load',
    dependsOn: ['server-a.extract'],
    description: 'Loads the orders that were extracted.',
  })
  load({ event }: TaskContext<{ orders?: Order[] }>): object {
    const orders = event.args.orders ?? [];
    return { loaded: orders.length, total: orders.reduce((sum, { amount }) => sum + amount, 0) };
  }

  @Task({
    name: 'report',
    dependsOn: ['load', 'server-a.prices'],
    retry: { maxAttempts: 3 },
    description: 'States the total of the orders in every currency.',
  })
  report({ event, tools }: TaskContext<{ total?: number; rates?: Record<string, number> }>): object {
    const { total, rates } = event.args;
    if (total === undefined || rates === undefined) {
      throw TaskFailure.nonRetryable('no_input', 'total or rates are missing', {
        description: 'Invoke server-a.extract and server-a.prices, or give both as arguments.',
      });
    }
    tools.logger.info('converting', { total });
    return { totals: Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, total * rate])) };
  }
}
