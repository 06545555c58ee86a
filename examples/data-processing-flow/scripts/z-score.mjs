// Job 2: adds to each row of File A how many (population) standard deviations its nav is away from the mean of the column.
import { FILE_A } from './columns.mjs';
import { job } from './job.mjs';
import { writeSheet } from './sheet.mjs';
import { load, query, withTables } from './table.mjs';

await job((source, target) =>
  withTables(async (connection) => {
    const names = [...FILE_A, 'time_started'];
    await load(connection, 'a', source, names);
    await connection.run('CREATE TABLE s AS SELECT avg(nav) AS mean, stddev_pop(nav) AS deviation FROM a');
    // Where all are the same, none is away from the mean.
    const scored = query(
      connection,
      `SELECT ${names.join(', ')}, CASE WHEN deviation = 0 THEN 0.0 ELSE (nav - mean) / deviation END
       FROM a, s ORDER BY n`,
    );
    const rows = await writeSheet(target, [...names, 'z_score_nav'], scored);
    const [[mean, deviation]] = (await connection.runAndReadAll('SELECT mean, deviation FROM s')).getRows();
    return { rows, mean, deviation };
  }),
);
