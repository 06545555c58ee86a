/** Functions that the hot path calls. */
export const FUNCTIONS = `
-- Ends the transaction when a version, a position or an absence that a decision rested on has changed.
CREATE FUNCTION cordyna_expect(actual bigint, expected bigint, subject text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF actual IS DISTINCT FROM expected THEN
    RAISE EXCEPTION '%: % as expected instead of %', subject, actual, expected USING ERRCODE = 'CD001';
  END IF;
END $$;
`;
