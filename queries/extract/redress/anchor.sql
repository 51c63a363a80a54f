-- The chain's hash at an event: another one there means another register, or one restored from a backup.
SELECT hex(hash) AS chain_head
FROM case_event
WHERE seq = :seq
