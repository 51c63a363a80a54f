SELECT MAX(nth * 100 + part) AS last_seq, NULL AS chain_head FROM derived WHERE occurred_at <= :as_of
