import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { InvalidDeclarationError } from '../errors.js';
import type { TaskContext } from '../handler/handler.js';
import type { TaskServer } from '../server/task-server.js';
import type { TaskMetadata } from './task.decorator.js';
import { TASK_METADATA } from './task.decorator.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Methods = Readonly<Record<string, (context: TaskContext) => unknown>>;

/** Finds the methods with `@Task` on all providers and controllers. */
@Injectable()
export class TaskExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws InvalidDeclarationError that names the class and the method */
  declareAll(server: TaskServer): void {
    const seen = new Set<unknown>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const prototype = prototypeOf(wrapper);
      // The same class may stand under several tokens.
      const identity: unknown = wrapper.instance ?? prototype;
      if (prototype === undefined || seen.has(identity)) continue;
      seen.add(identity);
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        this.declare(server, wrapper, prototype as Methods, method);
      }
    }
  }

  private declare(server: TaskServer, wrapper: Wrapper, prototype: Methods, method: string): void {
    const handler = prototype[method];
    const metadata = handler && this.reflector.get<TaskMetadata | undefined>(TASK_METADATA, handler);
    if (!metadata) return;
    const place = `@Task on ${wrapper.name}.${method}`;
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      throw new InvalidDeclarationError(
        place,
        'the provider is request-scoped or transient; make it (and what it injects) a singleton',
      );
    }
    const { name, ...options } = metadata;
    const instance = wrapper.instance as Methods;
    try {
      server.task(name, options, (context) => instance[method]!(context));
    } catch (error) {
      if (!(error instanceof InvalidDeclarationError)) throw error;
      throw new InvalidDeclarationError(`${place}: ${error.place}`, error.problem);
    }
  }
}

function prototypeOf(wrapper: Wrapper): object | undefined {
  const { instance, metatype } = wrapper;
  const prototype: unknown = instance
    ? Object.getPrototypeOf(instance)
    : typeof metatype === 'function'
      ? metatype.prototype
      : undefined;
  return typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype
    ? prototype
    : undefined;
}
