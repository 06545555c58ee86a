import { Injectable } from '@nestjs/common';
import type { TaskContext } from '@cordyna/task-server';
import { Task } from '@cordyna/task-server/nest';

/** One run of a task per element of another one's list, and what waits for all of them. */
@Injectable()
export class FileTasks {
  @Task({ name: 'convert', forEach: 'server-a.list', description: 'Converts one file.' })
  convert({ event }: TaskContext): object {
    const file = String(event.item?.value);
    return { file: file.replace(/\.csv$/, '.json') };
  }

  @Task({ name: 'archive', dependsOn: ['convert'], description: 'Packs all converted files.' })
  archive({ event }: TaskContext): object {
    const converted = event.inputs['server-b.convert'] as { file: string }[] | undefined;
    return { archived: (converted ?? []).map(({ file }) => file) };
  }
}
