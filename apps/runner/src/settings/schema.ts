/** JSON Schema of `runner.yaml`; `$comment` completes the sentence "must be …". Names and schedules are checked by the SDK. */
const texts = { type: 'array', items: { type: 'string' } } as const;
const text = { type: 'string', minLength: 1 } as const;
const variables = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: { type: ['string', 'number', 'boolean'] },
} as const;
const milliseconds = { type: 'integer', minimum: 1, maximum: 2_147_483_647 } as const;
const lines = { type: 'integer', minimum: 0, maximum: 100_000 } as const;
const memory = {
  type: ['integer', 'string'],
  minimum: 6 * 1024 * 1024,
  pattern: '^[0-9]+(b|k|m|g)$',
  $comment: 'bytes as a number, or a text such as 512m or 2g',
} as const;

/** What the SDK checks, member by member, with the name of the task. */
const declared = {
  description: { type: 'string' },
  dependsOn: texts,
  every: { type: ['string', 'integer'] },
  cron: text,
  timezone: text,
  defaults: { type: 'object' },
  forEach: text,
  retry: { type: 'object' },
  timeouts: { type: 'object' },
  argsSchema: { type: 'object' },
  outputSchema: { type: 'object' },
} as const;

const mount = {
  anyOf: [
    { type: 'string', pattern: '^[^:]+:/[^:]*(:(ro|rw))?$' },
    {
      type: 'object',
      required: ['source', 'target'],
      additionalProperties: false,
      properties: { source: text, target: { type: 'string', pattern: '^/' }, readOnly: { type: 'boolean' } },
    },
  ],
  $comment: 'source:/target, source:/target:ro, or { source, target, readOnly }',
} as const;

const task = {
  type: 'object',
  required: ['name'],
  anyOf: [{ required: ['cmd'] }, { required: ['image'] }],
  $comment: 'a command (`cmd`) or a container (`image`)',
  additionalProperties: false,
  properties: {
    name: text,
    ...declared,
    image: text,
    cmd: {
      anyOf: [text, { ...texts, minItems: 1 }],
      $comment: 'a program, or a list of a program and its arguments',
    },
    args: texts,
    env: variables,
    cwd: text,
    mounts: { type: 'array', items: mount },
    network: text,
    cpuReservation: { type: 'number', exclusiveMinimum: 0, maximum: 256 },
    memReservation: memory,
    timeoutMs: milliseconds,
    logLines: lines,
  },
} as const;

export const runnerSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    server: text,
    version: text,
    team: text,
    contact: text,
    description: text,
    inheritEnv: texts,
    tasks: { type: 'array', items: task },
    activities: {
      type: 'object',
      additionalProperties: false,
      properties: {
        cmd: {
          type: 'object',
          required: ['programs'],
          additionalProperties: false,
          properties: { programs: texts },
        },
        docker: {
          type: 'object',
          required: ['images'],
          additionalProperties: false,
          properties: { images: texts, network: text },
        },
        timeoutMs: milliseconds,
        logLines: lines,
      },
    },
  },
} as const;
