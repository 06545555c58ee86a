import { QUALIFIED_NAME_PATTERN } from '@cordyna/protocol/model';

/** JSON Schema of `flow.yaml`; `$comment` completes the sentence "must be …". */
const text = { type: 'string', minLength: 1 } as const;
const texts = { type: 'array', items: { type: 'string' } } as const;
const PLACE = 'the name of a folder in the folder of the flow, or { folder, files }';
const place = {
  anyOf: [
    text,
    {
      type: 'object',
      required: ['folder'],
      additionalProperties: false,
      properties: { folder: text, files: text },
    },
  ],
  $comment: PLACE,
} as const;
const qualified = {
  type: 'string',
  pattern: QUALIFIED_NAME_PATTERN,
  $comment: '<server>.<task>',
} as const;
const milliseconds = { type: 'integer', minimum: 1, maximum: 2_147_483_647 } as const;

export const flowSchema = {
  type: 'object',
  required: ['jobs'],
  additionalProperties: false,
  properties: {
    flow: text,
    team: text,
    contact: text,
    description: text,
    inheritEnv: texts,
    checkEveryMs: { ...milliseconds, minimum: 1_000 },
    settleMs: { ...milliseconds, minimum: 0 },
    rerunChanged: { type: 'boolean' },
    jobs: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['name', 'script', 'source', 'target'],
        additionalProperties: false,
        properties: {
          name: text,
          description: { type: 'string' },
          script: {
            anyOf: [text, { ...texts, minItems: 1 }],
            $comment: 'a script, or a list of a program and its first arguments',
          },
          source: {
            anyOf: [...place.anyOf, { type: 'array', minItems: 1, items: { anyOf: place.anyOf } }],
            $comment: `${PLACE}, or a list of them`,
          },
          target: place,
          files: text,
          env: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
          retry: { type: 'object' },
          then: { type: 'array', items: qualified },
          timeoutMs: milliseconds,
          logLines: { type: 'integer', minimum: 0, maximum: 100_000 },
        },
      },
    },
  },
} as const;
