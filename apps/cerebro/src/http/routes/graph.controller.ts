import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TaskState } from '@cordyna/protocol/model';
import { Commands, Queries, type GraphView, type ServerView } from '../../coordination/index.js';
import { answers } from '../openapi/decorators.js';

export interface GraphWithStates {
  readonly nodes: readonly (GraphView['nodes'][number] & { readonly lastState: TaskState | null })[];
  readonly edges: GraphView['edges'];
}

@ApiTags('registry')
@Controller('api/v1')
export class GraphController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Queries) private readonly queries: Queries,
  ) {}

  @Get('graph')
  @ApiOperation({
    summary: 'The union of all declarations.',
    description: 'A task that others depend on and nobody has declared is a node with `declared: false`.',
  })
  @answers(200, 'Graph', [503])
  async getGraph(): Promise<GraphWithStates> {
    const [{ nodes, edges }, states] = await Promise.all([this.commands.graph(), this.queries.lastStates()]);
    return { nodes: nodes.map((node) => ({ ...node, lastState: states.get(node.task) ?? null })), edges };
  }

  @Get('servers')
  @ApiOperation({ summary: 'Task servers with their instances and tasks.' })
  @answers(200, 'Servers', [503])
  listServers(): Promise<readonly ServerView[]> {
    return this.queries.servers();
  }
}
