import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FLOW_REPORT_SCHEMA, serverOf, type FlowReport } from '@cordyna/protocol/model';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { Queries, type ServerView } from '../../coordination/index.js';
import { answers } from '../openapi/decorators.js';

export interface ReportedFlow extends FlowReport {
  readonly server: string;
  /** The task that reports. */
  readonly task: string;
  readonly serverState: ServerView['state'];
  readonly reportedAt: string;
}

/** Whoever declares the task declares its schema too: what is shown here is checked by ours, compiled when it is asked for. */
let reportCheck: ValidateFunction<FlowReport> | undefined;
const isReport = (report: unknown): report is FlowReport => {
  reportCheck ??= new Ajv2020({ meta: false, validateSchema: false }).compile<FlowReport>(FLOW_REPORT_SCHEMA);
  return reportCheck(report);
};

@ApiTags('registry')
@Controller('api/v1/flows')
export class FlowsController {
  constructor(@Inject(Queries) private readonly queries: Queries) {}

  @Get()
  @ApiOperation({
    summary: 'Folder flows, job by job and file by file, as their servers reported them last.',
    description:
      'A flow is not shown before its first report. The reporter says anew whatever changed; `serverState` tells whether it is there.',
  })
  @answers(200, 'Flows', [503])
  async listFlows(): Promise<readonly ReportedFlow[]> {
    const [flows, servers] = await Promise.all([this.queries.flows(), this.queries.servers()]);
    const states = new Map(servers.map(({ server, state }) => [server, state]));
    return flows.flatMap(({ task, reportedAt, report }) => {
      if (reportedAt === null || !isReport(report)) return [];
      const { flow, checkedAt, checkEveryMs, jobs } = report;
      const server = serverOf(task);
      const serverState = states.get(server) ?? 'declared';
      return [{ flow, server, task, serverState, reportedAt, checkedAt, checkEveryMs, jobs }];
    });
  }
}
