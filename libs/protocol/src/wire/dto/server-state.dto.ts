import { Doc, NestedList, OneOf, Optional, Text, TextList } from './constraints.js';
import { Count, Id, Name } from './fields.js';

@Doc('Cerebro took a declaration; the command topic of the server exists.')
export class ServerAcceptedDto {
  @Doc('CloudEvents `id` of the declaration that is answered.')
  @Text({ min: 1 })
  declaration!: string;

  @Name()
  server!: string;

  @Optional()
  @Text()
  version?: string;

  @Doc('Qualified names of the tasks in force.')
  @TextList()
  tasks!: string[];

  @Doc('Dependencies that nobody has declared yet.')
  @TextList()
  unresolved!: string[];

  @TextList()
  warnings!: string[];
}

@Doc('One thing that is wrong with a declaration.')
export class DeclarationErrorDto {
  @Text({ min: 1 })
  code!: string;

  @Doc('JSON pointer into the declaration, e.g. `/tasks/0/dependsOn/1`.')
  @Text()
  path!: string;

  @Text()
  message!: string;
}

@Doc('Cerebro refused a declaration as a whole; the one before it stays in force.')
export class ServerRejectedDto {
  @Doc('CloudEvents `id` of the declaration that is answered.')
  @Text({ min: 1 })
  declaration!: string;

  @Doc('As it was declared: it may be what is wrong.')
  @Text()
  server!: string;

  @Optional()
  @Text()
  version?: string;

  @NestedList(() => DeclarationErrorDto)
  errors!: DeclarationErrorDto[];
}

@Doc('A sign of life of one process of a server.')
export class ServerHeartbeatDto {
  @Name()
  server!: string;

  @Doc('Unique per process start.')
  @Id()
  instance!: string;

  @OneOf(['online', 'draining', 'offline'])
  state!: 'online' | 'draining' | 'offline';

  @Doc('How many invocations it runs at once.')
  @Count()
  capacity!: number;

  @Doc('How many more it holds. Default 10 × capacity.')
  @Optional()
  @Count()
  queueLimit?: number;

  @Optional()
  @Count()
  queued?: number;

  @Optional()
  @Count()
  started?: number;
}
