-- The newest event known at :as_of and the chain's hash there.
SELECT seq AS last_seq, hex(hash) AS chain_head
FROM case_event
WHERE recorded_at <= :as_of
ORDER BY seq DESC
LIMIT 1
