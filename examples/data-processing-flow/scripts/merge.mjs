// Job 3: every row of File A, with the subscriptions of File B (0 where it has none) and the earlier of the two times.
import { FILE_A, FILE_B } from './columns.mjs';
import { job } from './job.mjs';
import { writeSheet } from './sheet.mjs';
import { load, query, withTables } from './table.mjs';

const MERGED = ['isin', 'nav', 'z_score_nav', 'subscriptions', 'time_started'];

await job((sourceA, sourceB, target) =>
  withTables(async (connection) => {
    await load(connection, 'a', sourceA, [...FILE_A, 'time_started', 'z_score_nav']);
    await load(connection, 'b', sourceB, [...FILE_B, 'time_started']);
    // Times are texts of one form, whose order is that of the times.
    const merged = query(
      connection,
      `SELECT a.isin, a.nav, a.z_score_nav, coalesce(b.subscriptions, 0.0),
         least(a.time_started, coalesce(b.time_started, a.time_started))
       FROM a LEFT JOIN b USING (isin) ORDER BY a.n`,
    );
    const rows = await writeSheet(target, MERGED, merged);
    const [[without]] = (
      await connection.runAndReadAll('SELECT count(*) FROM a ANTI JOIN b USING (isin)')
    ).getRowsJson();
    return { rows, withoutSubscriptions: Number(without) };
  }),
);
