import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { JsonObject, JsonValue } from '@cordyna/protocol/model';
import { linearRegExp } from './linear-reg-exp.js';

const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => Ajv2020;
const KEPT = 2_000;
const SETTINGS = {
  ...{ strict: false, allErrors: true, validateFormats: true },
  code: { regExp: linearRegExp },
};
/** Knows what a schema is. */
let meta: Ajv2020 | null = null;
/** Of what is wrong with one value so much is told: a long list may have as many errors as elements. */
const MAX_MESSAGES = 20;

/** JSON Schema 2020-12 for `argsSchema` and `outputSchema`; compiled schemas are kept by their text. */
export class JsonSchemas {
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly byObject = new WeakMap<JsonObject, ValidateFunction>();

  /** Messages of what is wrong with the value, empty when it is valid. */
  validate(schema: JsonObject, value: JsonValue): readonly string[] {
    const [unusable] = this.schemaErrors(schema);
    // Declared before it was refused.
    if (unusable !== undefined) return [`/ the schema cannot be used: ${unusable}`];
    const check = this.compile(schema);
    if (check(value)) return [];
    const errors = check.errors ?? [];
    const messages = errors
      .slice(0, MAX_MESSAGES)
      .map((error) => `${error.instancePath || '/'} ${error.message ?? error.keyword}`);
    return errors.length > MAX_MESSAGES
      ? [...messages, `and ${errors.length - MAX_MESSAGES} more`]
      : messages;
  }

  /** What is wrong with the schema itself. */
  schemaErrors(schema: JsonObject): readonly string[] {
    try {
      this.compile(schema);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  private compile(schema: JsonObject): ValidateFunction {
    const known = this.byObject.get(schema);
    if (known) return known;
    const text = JSON.stringify(schema);
    let check = this.compiled.get(text);
    if (!check) {
      meta ??= addFormats(new Ajv2020(SETTINGS));
      void meta.validateSchema(schema, true);
      // An instance per schema: two teams may use the same $id. The schema of schemas is compiled once for all of them.
      check = addFormats(new Ajv2020({ ...SETTINGS, validateSchema: false })).compile(schema);
      if (this.compiled.size >= KEPT) this.compiled.delete(this.compiled.keys().next().value ?? '');
      this.compiled.set(text, check);
    }
    this.byObject.set(schema, check);
    return check;
  }
}
