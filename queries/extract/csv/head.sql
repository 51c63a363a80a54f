SELECT MAX(CAST(seq AS INTEGER)) AS last_seq, NULL AS chain_head FROM events WHERE recorded_at <= :as_of
